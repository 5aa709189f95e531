import { createHash } from 'node:crypto'
import type { PostgresPool } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { explained } from './errors.ts'

/** What {@link preparingPool} can be told. */
export interface PreparingPoolOptions {
  /** Whether statements with values are prepared, once for each connection. */
  readonly preparedStatements: boolean
  /**
   * How long a statement may take, in seconds, unless it changes the schema or waits for somebody
   * who does.
   */
  readonly timeoutSeconds: number
}

type Client = Awaited<ReturnType<PostgresPool['connect']>>

/** A pool as Kysely uses it, and a way to end its use. */
export interface PreparingPool extends PostgresPool {
  /** Hands out no more connections, and resolves when all that were are back. */
  drain(): Promise<void>
}

const listenedTo = new WeakSet<Pool | PoolClient>()

/**
 * `pool` as Kysely uses it, with statements prepared by name, so that PostgreSQL parses and plans
 * each only once for each connection.
 *
 * A connection that breaks is thrown away and takes nobody with it: `pg` reports that as an event
 * on a client, which without a listener ends the process.
 */
export function preparingPool(pool: Pool, options: PreparingPoolOptions): PreparingPool {
  const clients = new WeakMap<PoolClient, Client>()
  let inUse = 0
  let isClosed = false
  let whenDrained: Promise<void> | undefined
  let drained: () => void = () => undefined
  const giveBack = () => {
    inUse -= 1
    if (inUse === 0) drained()
  }
  // Before anybody gets a new client: the server may refuse in the very packet in which it
  // accepted.
  if (!listenedTo.has(pool)) pool.on('connect', surviveErrors)
  surviveErrors(pool)
  return {
    connect: async () => {
      if (isClosed) throw new Error('The stores are closed.')
      inUse += 1
      const client = await pool.connect().catch((error: unknown) => {
        giveBack()
        throw explained(error, pool.options)
      })
      const known = clients.get(client)
      if (known !== undefined) return known
      surviveErrors(client)
      const preparing = preparingClient(client, pool, options, giveBack)
      clients.set(client, preparing)
      return preparing
    },
    end: () => pool.end(),
    options: pool.options,
    drain: () => {
      isClosed = true
      whenDrained ??= new Promise((resolve) => {
        drained = resolve
        if (inUse === 0) drained()
      })
      return whenDrained
    },
  }
}

function surviveErrors(emitter: Pool | PoolClient): void {
  if (listenedTo.has(emitter)) return
  listenedTo.add(emitter)
  const events: NodeJS.EventEmitter = emitter
  events.on('error', () => undefined)
}

// Nobody waits for the statement that comes back too late, but whoever used the connection next
// would.
const TIMED_OUT = 'Query read timeout'

function preparingClient(client: PoolClient, pool: Pool, options: PreparingPoolOptions, giveBack: () => void): Client {
  const { preparedStatements, timeoutSeconds } = options
  let isLost = false
  const query = async (text: string, values: readonly unknown[]) => {
    const isSchemaChange = /^\s*(create |alter |select pg_advisory_xact_lock)/i.test(text)
    try {
      return await client.query({
        text,
        values: values as unknown[],
        types: { getTypeParser },
        ...(preparedStatements && values.length > 0 && { name: nameOf(text) }),
        ...(!isSchemaChange && { query_timeout: timeoutSeconds * 1000 }),
      })
    } catch (error) {
      if ((error as Error).message === TIMED_OUT) isLost = true
      throw explained(error, pool.options)
    }
  }
  return {
    query: query as unknown as Client['query'],
    release: (isDiscarded) => {
      client.release(isLost || isDiscarded === true)
      giveBack()
    },
  }
}

const names = new Map<string, string>()

// The same text has the same name in every set of stores, because they may share a connection.
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `phone_auth_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
    // The statements of the stores are few; whatever else might come must not fill the memory.
    if (names.size < 1000) names.set(text, name)
  }
  return name
}

const BOOL = 16
const INT8 = 20
const INT4 = 23
const TIMESTAMPTZ = 1184
const JSON_TEXT = 114
const JSONB = 3802

// Our own, because those of `pg` are the whole process's, and applications do change them.
function getTypeParser(type: number): (text: string) => unknown {
  switch (type) {
    case BOOL:
      return (text) => text === 't'
    case INT4:
    case INT8:
      return Number
    case TIMESTAMPTZ:
      return parseInstant
    case JSON_TEXT:
    case JSONB:
      return (text) => JSON.parse(text)
    default:
      return (text) => text
  }
}

// 2026-11-23 10:00:00.123456+00, as PostgreSQL writes it, lacks what makes it ISO 8601.
function parseInstant(text: string): Date | string {
  const iso = text.replace(' ', 'T')
  const instant = new Date(/[+-]\d\d$/.test(iso) ? `${iso}:00` : iso)
  // Whatever else it may be, it is not ours to guess.
  return Number.isNaN(instant.getTime()) ? text : instant
}

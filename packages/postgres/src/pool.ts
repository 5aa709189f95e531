import { createHash } from 'node:crypto'
import type { PostgresPool } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { explained } from './errors.ts'

/** Options for {@link preparingPool}. */
export interface PreparingPoolOptions {
  /** Whether statements with values are prepared, once for each connection. */
  readonly preparedStatements: boolean
  /**
   * The seconds that a statement may take. Statements that change the schema, or wait for another
   * process to change it, have no limit.
   */
  readonly timeoutSeconds: number
}

type Client = Awaited<ReturnType<PostgresPool['connect']>>

/** A pool as Kysely uses it, which can be drained. */
export interface PreparingPool extends PostgresPool {
  /** Gives out no more connections, and resolves when all connections in use were returned. */
  drain(): Promise<void>
}

const listenedTo = new WeakSet<Pool | PoolClient>()

/**
 * Wraps `pool` for Kysely. Statements are prepared by name, so that PostgreSQL parses and plans
 * each of them only once for each connection.
 *
 * A connection that breaks is discarded. `pg` reports the break as an event of the client, and
 * without a listener that event would end the process.
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
  // Added before a new client is used, because the server may accept and refuse a connection in the
  // same packet.
  if (!listenedTo.has(pool)) pool.on('connect', ignoreErrors)
  ignoreErrors(pool)
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
      ignoreErrors(client)
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

function ignoreErrors(emitter: Pool | PoolClient): void {
  if (listenedTo.has(emitter)) return
  listenedTo.add(emitter)
  const events: NodeJS.EventEmitter = emitter
  events.on('error', () => undefined)
}

// After a timeout the statement may still run, and the next user of the connection would wait for
// it. So the connection is discarded.
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
    // The stores have few statements. The limit keeps other texts from filling the memory.
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

// The parsers of `pg` apply to the whole process, and applications do change them.
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

// PostgreSQL writes 2026-11-23 10:00:00.123456+00, which is almost ISO 8601.
function parseInstant(text: string): Date | string {
  const iso = text.replace(' ', 'T')
  const instant = new Date(/[+-]\d\d$/.test(iso) ? `${iso}:00` : iso)
  // Another format is not guessed. The stores refuse it.
  return Number.isNaN(instant.getTime()) ? text : instant
}

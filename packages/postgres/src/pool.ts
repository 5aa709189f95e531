import { createHash } from 'node:crypto'
import type { PostgresPool } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { explained } from './errors.ts'

/** What {@link preparingPool} can be told. */
export interface PreparingPoolOptions {
  /** Whether statements with values are prepared, once for each connection. */
  readonly preparedStatements: boolean
  /** How long a statement may take, in seconds, unless it changes the schema. */
  readonly timeoutSeconds: number
}

type Client = Awaited<ReturnType<PostgresPool['connect']>>

/**
 * `pool` as Kysely uses it, with statements prepared by name, so that PostgreSQL parses and plans each only once for each connection.
 *
 * A connection that breaks is thrown away and takes nobody with it: `pg` reports that as an event on a client, which without a listener ends
 * the process.
 */
export function preparingPool(pool: Pool, options: PreparingPoolOptions): PostgresPool {
  const clients = new WeakMap<PoolClient, Client>()
  pool.on('error', ignore)
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw explained(error, pool.options)
      })
      const known = clients.get(client)
      if (known !== undefined) return known
      client.on('error', ignore)
      const preparing = preparingClient(client, pool, options)
      clients.set(client, preparing)
      return preparing
    },
    end: () => pool.end(),
    options: pool.options,
  }
}

// Nobody waits for the statement that comes back too late, but whoever used the connection next would.
const TIMED_OUT = 'Query read timeout'

function preparingClient(client: PoolClient, pool: Pool, options: PreparingPoolOptions): Client {
  const { preparedStatements, timeoutSeconds } = options
  let isLost = false
  const query = async (text: string, values: readonly unknown[]) => {
    const isSchemaChange = /^\s*(create|alter) /i.test(text)
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
    release: (isDiscarded) => client.release(isLost || isDiscarded === true),
  }
}

function ignore(): void {}

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
    case JSONB:
      return (text) => JSON.parse(text)
    default:
      return (text) => text
  }
}

// 2026-11-23 10:00:00.123456+00, as PostgreSQL writes it, lacks what makes it ISO 8601.
function parseInstant(text: string): Date {
  const iso = text.replace(' ', 'T')
  return new Date(/[+-]\d\d$/.test(iso) ? `${iso}:00` : iso)
}

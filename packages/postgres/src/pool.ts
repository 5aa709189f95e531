import { createHash } from 'node:crypto'
import type { PostgresPool } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { type Connections, connectionsOf } from './connections.ts'
import { getTypeParser } from './parsers.ts'

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

/**
 * Wraps `pool` for Kysely. Statements are prepared by name, so that PostgreSQL parses and plans
 * each of them only once for each connection. A connection that can no longer be used is discarded.
 */
export function preparingPool(pool: Pool, options: PreparingPoolOptions): PreparingPool {
  const connections = connectionsOf(pool)
  const clients = new WeakMap<PoolClient, Client>()
  let inUse = 0
  let isClosed = false
  let whenDrained: Promise<void> | undefined
  let drained: () => void = () => undefined
  const giveBack = () => {
    inUse -= 1
    if (inUse === 0) drained()
  }
  return {
    connect: async () => {
      if (isClosed) throw new Error('The stores are closed.')
      inUse += 1
      try {
        const client = await connections.connect()
        const preparing = clients.get(client) ?? preparingClient(client, connections, options, giveBack)
        clients.set(client, preparing)
        return preparing
      } catch (error) {
        giveBack()
        throw error
      }
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

function preparingClient(
  client: PoolClient,
  connections: Connections,
  { preparedStatements, timeoutSeconds }: PreparingPoolOptions,
  giveBack: () => void,
): Client {
  let isDiscarded = false
  let isUncommitted = false
  const query = async (text: string, values: readonly unknown[]) => {
    // The server rolls back when the connection is closed.
    if (isDiscarded && text === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] }
    if (text.startsWith('start transaction')) isUncommitted = true
    if (text === 'commit' || text === 'rollback') isUncommitted = false
    const isSchemaChange = /^\s*(create |alter |select pg_advisory_xact_lock)/i.test(text)
    try {
      return await client.query({
        text,
        values: values as unknown[],
        types: { getTypeParser },
        ...(preparedStatements && values.length > 0 && { name: nameOf(text) }),
        ...(!isSchemaChange && { query_timeout: timeoutSeconds * 1000 }),
      })
    } catch (thrown) {
      const { isLost, error } = connections.judge(client, thrown as Error, isUncommitted)
      isDiscarded ||= isLost
      // A commit without an answer may have taken effect.
      throw text === 'commit' ? thrown : error
    }
  }
  return {
    query: query as unknown as Client['query'],
    release: (isBroken) => {
      client.release(isDiscarded || isBroken === true)
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

import type { Pool, PoolClient } from 'pg'

/**
 * Thrown when a connection can no longer be used and the statement has changed nothing. The step
 * runs again on another connection.
 */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError'
  /** The SQLSTATE of the server's error. */
  readonly code: string

  constructor(code: string, cause: Error) {
    super(cause.message, { cause })
    this.code = code
  }
}

const STATEMENTS_GONE = '26000'
// Read-only since a fail-over, statements gone, a changed type of a column. On a new connection the
// same would happen again.
const OUTDATED: ReadonlySet<string> = new Set(['25006', STATEMENTS_GONE, '0A000'])
// Terminated by the server, or closed by it while idle. It rolls back the statement.
const ENDED: ReadonlySet<string> = new Set(['57P01', '57P05'])

/** The connections of a pool: which of them can be used. */
export interface Connections {
  /** Takes a connection that was opened after all that were found to be unusable. */
  connect(): Promise<PoolClient>
  /**
   * Judges an error of a statement: whether its connection must not be used again, and the error to
   * throw. A transaction is uncommitted until its `commit` is sent.
   */
  judge(client: PoolClient, error: Error, isUncommitted: boolean): { readonly isLost: boolean; readonly error: Error }
}

const known = new WeakMap<Pool, Connections>()

/** Returns the connections of `pool`, which all stores on the pool share. */
export function connectionsOf(pool: Pool): Connections {
  const connections = known.get(pool) ?? watch(pool)
  known.set(pool, connections)
  return connections
}

function watch(pool: Pool): Connections {
  // What made one connection unusable concerns the others of its time: they lead to the same
  // server.
  let generation = 0
  const generations = new WeakMap<PoolClient, number>()
  const unused = new WeakSet<PoolClient>()
  const generationOf = (client: PoolClient) => generations.get(client) ?? 0
  // `pg` reports a break as an event of the client or the pool, and without a listener that event
  // would end the process. Added before a client is used, because the server may accept and refuse
  // a connection in the same packet.
  const heard = new WeakSet<PoolClient>()
  const ignoreErrors = (client: PoolClient) => {
    if (!heard.has(client)) client.on('error', () => undefined)
    heard.add(client)
  }
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    ignoreErrors(client)
    generations.set(client, generation)
    unused.add(client)
  })
  pool.on('release', (_error, client) => unused.delete(client))
  return {
    connect: async () => {
      for (;;) {
        const client = await pool.connect()
        if (generationOf(client) === generation) {
          ignoreErrors(client)
          return client
        }
        client.release(true)
      }
    },
    judge: (client, error, isUncommitted) => {
      const { code = '', message } = error as Error & { code?: string }
      const isOutdated = OUTDATED.has(code)
      // An error without an SQLSTATE is one of the connection: it broke, or did not respond in
      // time.
      const isLost = isOutdated || !/\d/.test(code) || /^(08|57P)/.test(code)
      // Without a code it is an error of the driver, such as a statement that took too long.
      const concernsOthers = isLost && code !== '' && code !== STATEMENTS_GONE
      if (concernsOthers && generationOf(client) === generation) generation += 1
      const isUndone = isOutdated
        ? !unused.has(client)
        : ENDED.has(code) || (isLost && (isUncommitted || /not queryable/.test(message)))
      return { isLost, error: isUndone ? new StaleConnectionError(code, error) : error }
    },
  }
}

import type { PoolConfig } from 'pg'

/**
 * Thrown when PostgreSQL cannot be used as configured. The message names the problem and the
 * setting that fixes it. It contains no password.
 */
export class PostgresSetupError extends Error {
  override readonly name = 'PostgresSetupError'
  /** The error code of Node.js or PostgreSQL: `ECONNREFUSED`, or an SQLSTATE such as `28P01`. */
  readonly code: string

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/**
 * Returns a {@link PostgresSetupError} that explains `error`; `error` itself if its cause is
 * unknown.
 */
export function explained(error: unknown, { connectionString, host, port, user }: PoolConfig): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  const url = connectionString === undefined ? null : URL.parse(connectionString)
  const explanation = explain(code, message, {
    setting: url === null ? 'the pool' : 'connectionString',
    server:
      url === null ? `${host ?? 'localhost'}:${port ?? 5432}` : `${url.hostname || 'localhost'}:${url.port || 5432}`,
    user: (url === null ? user : decodeURIComponent(url.username)) || 'the operating system’s user',
  })
  return explanation === null ? error : new PostgresSetupError(code || 'TIMEOUT', explanation, error)
}

interface Facts {
  readonly setting: string
  readonly server: string
  readonly user: string
}

function explain(code: string, message: string, { setting, server, user }: Facts): string | null {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `PostgreSQL cannot be reached at ${server} (${code}). Check the host and port of ${setting}, and that the server runs.`
    case '28P01':
    case '28000':
      return `PostgreSQL at ${server} refused the user ${user}: ${message}. Check the user and password of ${setting}.`
    case '3D000':
      return `PostgreSQL at ${server}: ${message}. Create the database, or check the path of ${setting}.`
    case '53300':
      return `PostgreSQL at ${server} accepts no more connections: ${message}. Lower maxConnections, or raise the limit of the server or role.`
    case '42501':
      return `The PostgreSQL user ${user} lacks a privilege: ${message}. The stores need usage on the schema and its sequences, and select, insert, update and delete on the tables. migrate() also creates them; to call it with another role, set autoMigrate to false.`
    case '25006':
      return `PostgreSQL at ${server} is read-only: ${message}. Check that ${setting} names the primary.`
  }
  if (/connection timeout|timeout exceeded when trying to connect/i.test(message)) {
    return `PostgreSQL at ${server} did not provide a connection in time. Check the host of ${setting}, and whether maxConnections is enough for the load.`
  }
  return message === 'Query read timeout'
    ? `PostgreSQL at ${server} did not respond in time; the statement may have run. Check for long transactions that hold locks, and check the network.`
    : null
}

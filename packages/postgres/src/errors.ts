import type { PoolConfig } from 'pg'

/** Thrown when PostgreSQL cannot be used as it was set up: what is wrong, and which setting mends it. Holds no password. */
export class PostgresSetupError extends Error {
  override readonly name = 'PostgresSetupError'
  /** What Node.js or PostgreSQL calls the error: `ECONNREFUSED`, or an SQLSTATE such as `28P01`. */
  readonly code: string

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** `error`, or what it means and which setting it is about where that is known. */
export function explained(error: unknown, { connectionString, host, port, user }: PoolConfig): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  const explanation = explain(code, message, {
    server: serverOf(connectionString) ?? `${host ?? 'localhost'}:${port ?? 5432}`,
    user: userOf(connectionString) ?? user ?? 'the operating system’s user',
    database: message.match(/database "(.*)" does not exist/)?.[1] ?? '',
  })
  return explanation === null ? error : new PostgresSetupError(code, explanation, error)
}

interface Facts {
  readonly server: string
  readonly user: string
  readonly database: string
}

function explain(code: string, message: string, { server, user, database }: Facts): string | null {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `PostgreSQL cannot be reached at ${server} (${code}). Check the host and port of connectionString, and that the server runs.`
    case '28P01':
    case '28000':
      return `PostgreSQL at ${server} refused the user ${user}. Check the user and password of connectionString.`
    case '3D000':
      return `PostgreSQL at ${server} has no database "${database}". Create it, or check the path of connectionString.`
    case '53300':
      return `PostgreSQL at ${server} has no connection left. Lower maxConnections, or raise the server's max_connections.`
    case '42501':
      return `The PostgreSQL user ${user} lacks a right: ${message}. Grant it; or run migrate() as a user who has it, and set autoMigrate to false.`
    default:
      return /connection timeout|timeout exceeded when trying to connect/i.test(message)
        ? `PostgreSQL at ${server} gave no connection in time. Check the host of connectionString, and whether maxConnections is enough for the load.`
        : null
  }
}

function serverOf(connectionString: string | undefined): string | null {
  const url = urlOf(connectionString)
  return url === null ? null : `${url.hostname || 'localhost'}:${url.port || 5432}`
}

function userOf(connectionString: string | undefined): string | null {
  return urlOf(connectionString)?.username || null
}

function urlOf(connectionString: string | undefined): URL | null {
  return connectionString === undefined ? null : URL.parse(connectionString)
}

import { codeOf } from '../query/error-code.ts'
import { type Advice, passing, permanent } from '../query/explain.ts'

const UNREACHABLE = passing('Check the host and port of the connection, and that PostgreSQL runs there.')
const RESTARTING = passing('PostgreSQL is starting, stopping or recovering.')
const UNTRUSTED = permanent(
  'PostgreSQL presents a certificate that this process does not trust. Pass the certificate of its authority with sslrootcert=<file> in the URL, or as ssl.ca of the pool; or install a certificate that names the host.',
)

const UNPREPARED = permanent(
  'A pooler between this process and PostgreSQL does not keep prepared statements. Use PgBouncer 1.21 or newer with max_prepared_statements, or set preparedStatements to false.',
)

const ADVICE: Readonly<Record<string, Advice>> = {
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: UNTRUSTED,
  CERT_NOT_YET_VALID: UNTRUSTED,
  CERT_REVOKED: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
  // invalid_authorization_specification: no line of pg_hba.conf fits, often for want of TLS
  '28000': permanent('Check the user of the connection, and whether the server requires sslmode=verify-full.'),
  '28P01': permanent('Check the user and password of the connection.'),
  '3D000': permanent('Create the database, or check its name in the connection.'),
  '53100': passing('Free space on the disk of PostgreSQL.'),
  '53300': passing('Lower maxConnections, or raise the limit of the server or role.'),
  '57P01': RESTARTING,
  '57P03': RESTARTING,
  // read_only_sql_transaction
  '25006': passing('PostgreSQL is read-only here. Check that the connection leads to the primary.'),
  // invalid_sql_statement_name, duplicate_prepared_statement
  '26000': UNPREPARED,
  '42P05': UNPREPARED,
  '42501': permanent(
    'The stores need usage on the schema and its sequences, and select, insert, update and delete on the tables, and execute on the functions. migrate() also creates them; to call it with another role, set autoMigrate to false.',
  ),
}

/** What to do about an error of PostgreSQL or its driver; `null` if there is no advice. */
export function postgresAdvice(error: unknown): Advice | null {
  const code = codeOf(error)
  const known = ADVICE[code]
  if (known !== undefined) return known
  const { message = '', syscall, table, constraint } = Object(error) as PostgresError
  // foreign_key_violation, restrict_violation
  if (code === '23503' || code === '23001') {
    return permanent(
      `Rows of ${table} refer to the row that is to change. Declare its foreign key ${constraint} with "on delete cascade" or "on delete set null" (and "on update cascade" if it refers to a phone number), or delete the rows first.`,
    )
  }
  if (/^23...$/.test(code)) {
    return permanent(`Change the constraint ${constraint ?? 'of the column'} on ${table}, or drop it.`)
  }
  // raise_exception
  if (code === 'P0001') return permanent('Change the trigger that refuses this, or drop it.')
  // A value that does not fit into its column, and everything that does not exist.
  if (/^(22|42)...$/.test(code)) {
    return permanent(
      'The tables or functions differ from those that migrate() creates. Undo the change, or restore them from a backup.',
    )
  }
  if (code === 'ENOENT' && syscall === 'connect') return UNREACHABLE
  if (/^(ENOENT|EACCES|EISDIR)$/.test(code) && syscall !== 'connect') {
    return permanent('Check the files that the URL names, such as sslrootcert.')
  }
  if (/server does not support SSL/i.test(message)) {
    return { code: 'ssl', ...permanent('Enable ssl on the server, or remove sslmode from the URL.') }
  }
  if (/connection timeout|timeout exceeded when trying to connect/i.test(message)) {
    return {
      code: 'timeout',
      ...passing(
        'PostgreSQL did not provide a connection in time. Check the host of the connection, and whether maxConnections is enough for the load.',
      ),
    }
  }
  if (message !== 'Query read timeout') return null
  return {
    code: 'timeout',
    ...passing(
      'PostgreSQL did not respond in time; the statement may have run. Check for long transactions that hold locks, and check the network.',
    ),
  }
}

interface PostgresError {
  readonly message?: string
  readonly syscall?: string
  readonly table?: string
  readonly constraint?: string
}

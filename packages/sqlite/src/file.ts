import { DatabaseSetupError } from '@phone-auth/kysely'

/** What SQLite calls a database that is lost when it is closed. */
const VOLATILE: ReadonlySet<string> = new Set(['', ':memory:'])

/** The file of a database. */
export interface DatabaseFile {
  readonly path: string
  /** Whether the data is lost when the process ends. */
  readonly isVolatile: boolean
}

/**
 * Reads what names a database: a path, or a URL as SQLAlchemy writes it, in which `sqlite:///`
 * comes before a relative path and `sqlite:////` before an absolute one. `sqlite:` may also come
 * directly before the path.
 *
 * @throws {@link DatabaseSetupError} for every other URL, and for parameters, which would become
 *   part of the name of a file.
 */
export function databaseFile(given: string): DatabaseFile {
  if (typeof given !== 'string') throw refused('a value that is not a text')
  // As the driver does.
  const text = given.trim()
  const [, rest] = /^sqlite3?:(.*)$/is.exec(text) ?? []
  const path = rest === undefined ? text : pathOfUrl(rest)
  // A drive of Windows is one letter.
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1] ?? /^(file):/i.exec(path)?.[1]
  if (scheme !== undefined) throw refused(`a URL that begins with ${scheme}:`)
  if (/\?[a-z_]+=/i.test(path)) throw refused('parameters after a question mark')
  if (/[\0-\x1f]/.test(path)) throw refused('control characters')
  return { path, isVolatile: VOLATILE.has(path) }
}

function pathOfUrl(rest: string): string {
  if (!rest.startsWith('//')) return rest
  if (rest !== '//' && !rest.startsWith('///')) throw refused('a host, between sqlite:// and the next /')
  return rest.slice(3)
}

function refused(what: string): DatabaseSetupError {
  return new DatabaseSetupError(
    'url',
    `The SQLite file is given as ${what}. Pass a path such as ./auth.db, or a URL such as sqlite:./auth.db, sqlite:///./auth.db (relative) or sqlite:////var/lib/auth.db (absolute).`,
    true,
  )
}

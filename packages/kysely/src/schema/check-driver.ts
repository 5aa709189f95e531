import { instantOf } from './rows.ts'
import { DatabaseSetupError } from './setup-error.ts'

/** The values that {@link checkDriver} expects, as the database returns them. */
export interface DriverSample {
  readonly is_true: unknown
  readonly is_false: unknown
  readonly a_number: unknown
  readonly an_id: unknown
  readonly an_instant: unknown
  readonly a_text: unknown
  readonly an_object?: unknown
}

/** The instant of the sample, in milliseconds since 1970. */
export const SAMPLE_MS = Date.UTC(2001, 1, 3, 4, 5, 6, 789)
/** The JSON value of the sample. */
export const SAMPLE_OBJECT = { text: 'text', number: 7, flag: true }
/** The id of the sample: one that does not fit into 32 bits. */
export const SAMPLE_ID = 2 ** 40 + 1

/**
 * Checks that the stores can read what the driver returns, because applications change how drivers
 * parse values.
 *
 * @throws {@link DatabaseSetupError} naming the types that the stores cannot read.
 */
export function checkDriver(sample: Partial<DriverSample> | undefined): void {
  const { is_true, is_false, a_number, an_id, an_instant, a_text, an_object = SAMPLE_OBJECT } = sample ?? {}
  const isRead = {
    booleans: (is_true === true || is_true === 1) && (is_false === false || is_false === 0),
    integers: a_number === 7,
    'big integers': Number(an_id) === SAMPLE_ID,
    'instants with time zone': readsInstant(an_instant),
    texts: a_text === 'text',
    'JSON values': readsObject(an_object),
  }
  const unread = Object.entries(isRead).flatMap(([type, isSound]) => (isSound ? [] : [type]))
  if (unread.length === 0) return
  const dateStyle = isRead['instants with time zone'] ? '' : ' On PostgreSQL, set DateStyle to ISO, its default.'
  throw new DatabaseSetupError(
    'driver',
    `The driver returns ${unread.join(' and ')} in a form that the stores cannot read. Remove the parser or the setting that changes it, or pass the pool to postgresStores of @phone-auth/postgres, which has its own parsers.${dateStyle}`,
    true,
  )
}

function readsObject(value: unknown): boolean {
  const object = Object(value) as Record<string, unknown>
  return Object.entries(SAMPLE_OBJECT).every(([name, expected]) => object[name] === expected)
}

function readsInstant(value: unknown): boolean {
  try {
    return instantOf(value as Date).getTime() === SAMPLE_MS
  } catch {
    return false
  }
}

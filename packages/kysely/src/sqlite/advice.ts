import { codeOf } from '../query/error-code.ts'
import { type Advice, passing, permanent } from '../query/explain.ts'

const DAMAGED = permanent('The file is not a SQLite database, or it is damaged. Restore it, or name another file.')
const UNWRITABLE = permanent('Give this process the right to write to the file and to its folder.')

/** What to do about an error of SQLite; `null` if there is no advice. */
export function sqliteAdvice(error: unknown): Advice | null {
  const code = codeOf(error)
  if (code === 'SQLITE_FULL') return passing('Free space on the disk of the file.')
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return DAMAGED
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) return UNWRITABLE
  // A constraint of the kind RESTRICT has the code of a trigger.
  if (/^SQLITE_CONSTRAINT/.test(code) && /FOREIGN KEY/.test((error as Error).message)) {
    return permanent(
      'Rows of another table refer to the row that is to change. Declare their foreign key with "on delete cascade" or "on delete set null" (and "on update cascade" if it refers to a phone number), or delete the rows first.',
    )
  }
  if (/^SQLITE_CONSTRAINT/.test(code))
    return permanent('Change the constraint or trigger that refuses this, or drop it.')
  return code === 'SQLITE_ERROR' && /no such|no column/.test((error as Error).message)
    ? permanent(
        'The tables differ from those that migrate() creates. Undo the change, or restore the file from a backup.',
      )
    : null
}

import { sql } from 'kysely'
import type { Statement } from './statement.ts'

/** The subjects that begin with `prefix`, as a range. */
export function rangeOf(prefix: string): { readonly from: string; readonly before: string } {
  const last = prefix.charCodeAt(prefix.length - 1)
  return { from: prefix, before: `${prefix.slice(0, -1)}${String.fromCharCode(last + 1)}` }
}

/** Forgets the success of the subjects in a range. Locks them in the order of every step. */
export const forgetRange: Statement<{ from: string; before: string }, never> = ({ db, dialect, input }) => {
  const known = db
    .selectFrom('budgets')
    .select('subject')
    .where('subject', '>=', input.from)
    .where('subject', '<', input.before)
    .where('succeeded_at', 'is not', null)
    .orderBy('subject')
  return db
    .updateTable('budgets')
    .set({ succeeded_at: null })
    .where(dialect.isAmong(sql.ref('subject'), sql`${dialect.locksRows ? known.forUpdate() : known}`))
}

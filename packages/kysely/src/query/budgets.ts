import { sql } from 'kysely'
import type { Statement } from './statement.ts'

/** The subjects that begin with `prefix`, as a range. */
export function rangeOf(prefix: string): { readonly from: string; readonly before: string } {
  const last = prefix.charCodeAt(prefix.length - 1)
  return { from: prefix, before: `${prefix.slice(0, -1)}${String.fromCharCode(last + 1)}` }
}

/** Forgets the success of the subjects in a range. */
export const forgetRange: Statement<{ from: string; before: string }, never> = ({ input }) => sql`
  update ${sql.table('budgets')} set succeeded_at = null
  where subject >= ${input.from} and subject < ${input.before} and succeeded_at is not null`

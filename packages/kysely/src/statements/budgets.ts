import type { Statement } from '../statement.ts'

/** Deletes windows that have ended, but none that somebody is at work on. */
export const purgeBudgets: Statement<{ limit: number }, never> = ({ db, dialect, input, now }) =>
  db.deleteFrom('budgets').where('key', 'in', (eb) =>
    eb
      .selectFrom('budgets')
      .select('key')
      .where('ends_at', '<=', now)
      .limit(input.limit)
      .$if(dialect.locksRows, (query) => query.forUpdate().skipLocked()),
  )

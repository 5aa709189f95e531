import { purgeRows } from './purge.ts'

/** Deletes windows that have ended, but none that somebody is at work on. */
export const purgeBudgets = purgeRows('budgets', 'key', 'ends_at')

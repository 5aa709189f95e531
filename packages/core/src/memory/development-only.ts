/** Why memory stores must not be used in production. */
export const DEVELOPMENT_ONLY = 'memory stores lose all data when the process ends, and processes cannot share them.'

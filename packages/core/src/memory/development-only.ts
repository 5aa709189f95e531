/** Why memory stores must not serve in production. */
export const DEVELOPMENT_ONLY =
  'memory stores forget everything when the process ends, and no two processes share them.'

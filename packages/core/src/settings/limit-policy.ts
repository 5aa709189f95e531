import { cooldownRates, type LimitPolicy, withoutDominated } from '../limits/policy.ts'
import type { LimitOptions } from '../options/limits.ts'
import { DAY_SECONDS } from '../time/duration.ts'
import type { OptionChecks } from './option-checks.ts'

// NIST SP 800-63B-4 section 3.2.2: no more than 100 failed attempts.
const MAX_GUESSES_PER_MONTH = 100

/** Returns the limits in effect, with all defaults. */
export function resolveLimits(
  checks: OptionChecks,
  limits: LimitOptions,
  code: { readonly ttlSeconds: number; readonly maxAttempts: number },
): LimitPolicy {
  const rates = (name: keyof LimitOptions, defaults: Parameters<OptionChecks['rates']>[1]) =>
    checks.rates(`limits.${name}`, (limits[name] as typeof defaults | undefined) ?? defaults)
  const waits = limits.cooldown ?? ['30s', '60s', '120s', '300s']
  const cooldown = waits.map((wait, index) => checks.seconds(`limits.cooldown[${index}]`, wait, 1, DAY_SECONDS))
  const live = checks.whole('limits.liveChallenges', limits.liveChallenges ?? 5, 1, 1000)
  const sendsPerNumber = rates('sendsPerNumber', { '15m': 3, '1h': 5, '24h': 10 })
  const guessesPerNumber = rates('guessesPerNumber', { '1h': 15, '24h': 30, '30d': 100 })
  checks.demand(
    guessesPerNumber.every(({ limit }) => limit >= code.maxAttempts),
    'limits.guessesPerNumber must allow at least code.maxAttempts guesses in every window.',
  )
  checks.demand(
    guessesPerNumber.some(
      ({ limit, windowSeconds }) => limit <= MAX_GUESSES_PER_MONTH && windowSeconds >= 30 * DAY_SECONDS,
    ),
    `limits.guessesPerNumber must have a window of 30 days or more with at most ${MAX_GUESSES_PER_MONTH} guesses.`,
  )
  return {
    cooldown: withoutDominated(cooldownRates(cooldown), sendsPerNumber),
    sendsPerNumber,
    sendsPerNumberAndNetwork: rates('sendsPerNumberAndNetwork', { '1h': 3, '24h': 5 }),
    liveChallenges: withoutDominated([{ limit: live, windowSeconds: code.ttlSeconds }], sendsPerNumber),
    guessesPerNumber,
    startsPerAddress: rates('startsPerAddress', { '1h': 150 }),
    startsPerNetwork: rates('startsPerNetwork', { '1h': 600 }),
    startsFromUnknown: rates('startsFromUnknown', { '1h': 60 }),
    failuresPerAddress: rates('failuresPerAddress', { '10m': 30, '1h': 60 }),
    failuresPerNetwork: rates('failuresPerNetwork', { '1h': 200 }),
  }
}

import { cooldownRates, type LimitPolicy, MAX_GUESSES_IN_A_ROW } from '../limits/policy.ts'
import type { LimitOptions } from '../options/limits.ts'
import { DAY_SECONDS } from '../time/duration.ts'
import { type OptionChecks, YEAR_SECONDS } from './option-checks.ts'

// Also as many as may be wrong in a row: without this limit, 100 a day would be possible.
const MAX_GUESSES_PER_MONTH = MAX_GUESSES_IN_A_ROW

/** Returns the limits in effect, with all defaults. */
export function resolveLimits(
  checks: OptionChecks,
  limits: LimitOptions,
  code: { readonly maxAttempts: number },
): LimitPolicy {
  const rates = (name: keyof LimitOptions, defaults: Parameters<OptionChecks['rates']>[1]) =>
    checks.rates(`limits.${name}`, (limits[name] as typeof defaults | undefined) ?? defaults)
  const waits = limits.cooldown ?? ['30s', '60s', '120s', '300s']
  const cooldown = waits.map((wait, index) => checks.seconds(`limits.cooldown[${index}]`, wait, 1, DAY_SECONDS))
  const sendsPerNumber = rates('sendsPerNumber', { '1h': 5, '24h': 10 })
  const guessesPerNumber = rates('guessesPerNumber', { '1h': 15, '24h': 30, '30d': 100 })
  const guessesPerDevice = rates('guessesPerDevice', { '1h': 10, '24h': 20 })
  const failuresPerAddress = rates('failuresPerAddress', { '1h': 60 })
  const failuresPerNetwork = rates('failuresPerNetwork', { '1h': 200 })
  for (const [name, of] of Object.entries({
    guessesPerNumber,
    guessesPerDevice,
    failuresPerAddress,
    failuresPerNetwork,
  })) {
    checks.demand(
      of.every(({ limit }) => limit >= code.maxAttempts),
      `limits.${name} must allow at least code.maxAttempts in every window, because a challenge reserves them.`,
    )
  }
  checks.demand(
    guessesPerNumber.some(
      ({ limit, windowSeconds }) => limit <= MAX_GUESSES_PER_MONTH && windowSeconds >= 30 * DAY_SECONDS,
    ),
    `limits.guessesPerNumber must have a window of 30 days or more with at most ${MAX_GUESSES_PER_MONTH} guesses.`,
  )
  return {
    cooldown: cooldownRates(cooldown),
    sendsPerNumber,
    sendsPerNumberAndNetwork: rates('sendsPerNumberAndNetwork', { '1h': 3, '24h': 5 }),
    sendsPerDevice: rates('sendsPerDevice', { '1h': 5, '24h': 10 }),
    sendsPerUser: rates('sendsPerUser', { '1h': 5, '24h': 10 }),
    guessesPerNumber,
    guessesPerDevice,
    guessesInARow: checks.whole(
      'limits.guessesInARow',
      limits.guessesInARow ?? 50,
      code.maxAttempts,
      MAX_GUESSES_IN_A_ROW,
    ),
    startsPerAddress: rates('startsPerAddress', { '1h': 150 }),
    startsPerNetwork: rates('startsPerNetwork', { '1h': 600 }),
    startsFromUnknown: rates('startsFromUnknown', { '1h': 60 }),
    failuresPerAddress,
    failuresPerNetwork,
    knownNetworkSeconds: checks.seconds('limits.knownNetwork', limits.knownNetwork ?? '90d', DAY_SECONDS, YEAR_SECONDS),
    knownDeviceSeconds: checks.seconds('limits.knownDevice', limits.knownDevice ?? '180d', DAY_SECONDS, YEAR_SECONDS),
  }
}

import { DAY_SECONDS } from '../time/duration.ts'
import type { Charge, GivesBack } from './budget.ts'
import type { SourceAddress } from './source-address.ts'

/** At most `limit` in each window of `windowSeconds`. */
export interface Rate {
  readonly limit: number
  readonly windowSeconds: number
}

/** The limits in effect, in the form in which the policy uses them. */
export interface LimitPolicy {
  /**
   * Messages to one number since the last right code. Rate `n` is step `n` of the resend schedule.
   */
  readonly cooldown: readonly Rate[]
  readonly sendsPerNumber: readonly Rate[]
  readonly sendsPerNumberAndNetwork: readonly Rate[]
  readonly liveChallenges: readonly Rate[]
  readonly guessesPerNumber: readonly Rate[]
  readonly startsPerAddress: readonly Rate[]
  readonly startsPerNetwork: readonly Rate[]
  readonly startsFromUnknown: readonly Rate[]
  readonly failuresPerAddress: readonly Rate[]
  readonly failuresPerNetwork: readonly Rate[]
}

/** The recipient of a message and the source of the request. */
export interface BudgetSubject {
  /** Keyed pseudonym of the phone number. */
  readonly numberFingerprint: string
  /** `null` if the application passes no address or an invalid one. */
  readonly source: SourceAddress | null
}

/** The charges of one message, for every start and every resend. */
export function sendCharges(policy: LimitPolicy, { numberFingerprint: number, source }: BudgetSubject): Charge[] {
  const limits = [
    ...charges('cooldown', number, policy.cooldown, 1, 'everything'),
    ...charges('sends', number, policy.sendsPerNumber, 1),
  ]
  if (source === null) return [...limits, ...charges('starts', 'unknown', policy.startsFromUnknown, 1)]
  const { address, prefix } = source
  return [
    ...limits,
    ...charges('sends', `${number}|${prefix}`, policy.sendsPerNumberAndNetwork, 1),
    ...charges('starts', address, policy.startsPerAddress, 1),
    ...charges('starts', prefix, policy.startsPerNetwork, 1),
    ...charges('failures', address, policy.failuresPerAddress, 0),
    ...charges('failures', prefix, policy.failuresPerNetwork, 0),
  ]
}

/** The charges of a new challenge, besides those of its message. */
export function challengeCharges(policy: LimitPolicy, { numberFingerprint }: BudgetSubject): Charge[] {
  return charges('challenges', numberFingerprint, policy.liveChallenges, 1)
}

/**
 * The charges for guesses at the codes of a code service. A wrong guess costs 1; a start only
 * checks for room (cost 0). These challenges reserve no guesses, because their codes cannot become
 * longer: unused reservations could lock the number. For the same reason windows of more than a day
 * are omitted.
 */
export function judgedGuessCharges(
  policy: LimitPolicy,
  { numberFingerprint }: Pick<BudgetSubject, 'numberFingerprint'>,
  cost: 0 | 1,
): Charge[] {
  const rates = policy.guessesPerNumber.filter(({ windowSeconds }) => windowSeconds <= DAY_SECONDS)
  return charges('judged', numberFingerprint, rates, cost)
}

/**
 * The guesses that a new challenge reserves: all that it allows. Then verifying needs no shared
 * budget, and an attacker cannot block a live challenge. Redeeming gives the unused guesses back.
 */
export function guessCharges(policy: LimitPolicy, { numberFingerprint }: BudgetSubject, maxAttempts: number): Charge[] {
  return charges('guesses', numberFingerprint, policy.guessesPerNumber, maxAttempts, 'unused_attempts')
}

/**
 * The charges of a wrong code for its source. They limit the source's next start, never a live
 * challenge.
 */
export function failureCharges(policy: LimitPolicy, source: SourceAddress | null): Charge[] {
  if (source === null) return []
  return [
    ...charges('failures', source.address, policy.failuresPerAddress, 1),
    ...charges('failures', source.prefix, policy.failuresPerNetwork, 1),
  ]
}

/**
 * The rates by which message n waits `waits[n - 1]` after the one before: at most n messages within
 * the sum of the first n waits.
 */
export function cooldownRates(waits: readonly number[]): Rate[] {
  let windowSeconds = 0
  return waits.map((wait, index) => {
    windowSeconds += wait
    return { limit: index + 1, windowSeconds }
  })
}

/**
 * `rates` without those that another rate in `among` makes redundant: it allows no more, in a
 * window at least as long.
 */
export function withoutDominated(rates: readonly Rate[], among: readonly Rate[]): Rate[] {
  return rates.filter(
    (rate) =>
      !among.some((other) => other !== rate && other.limit <= rate.limit && other.windowSeconds >= rate.windowSeconds),
  )
}

function charges(
  name: string,
  subject: string,
  rates: readonly Rate[],
  cost: number,
  givesBack: GivesBack = 'nothing',
): Charge[] {
  return rates.map(({ limit, windowSeconds }) => ({
    key: `${name}:${subject}:${windowSeconds}`,
    cost,
    limit,
    windowSeconds,
    givesBack,
  }))
}

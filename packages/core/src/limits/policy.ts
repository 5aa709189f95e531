import { DAY_SECONDS } from '../time/duration.ts'
import type { Charge, GivesBack } from './budget.ts'
import type { SourceAddress } from './source-address.ts'

/** At most `limit` in each window of `windowSeconds`. */
export interface Rate {
  readonly limit: number
  readonly windowSeconds: number
}

/** The limits in force, in the form the policy computes with. */
export interface LimitPolicy {
  /**
   * Messages to one number that were not answered with the right code; step `n` of the resend
   * schedule.
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

/** Whom a message goes to and who asks for it. */
export interface BudgetSubject {
  /** Keyed pseudonym of the phone number. */
  readonly numberFingerprint: string
  /** `null` when the application does not say, or said something that is no address. */
  readonly source: SourceAddress | null
}

/** What one message costs: charged by every start and every resend. */
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

/** What a new challenge costs besides its message. */
export function challengeCharges(policy: LimitPolicy, { numberFingerprint }: BudgetSubject): Charge[] {
  return charges('challenges', numberFingerprint, policy.liveChallenges, 1)
}

/**
 * The guesses at the codes of a code service, which are counted when they were wrong (cost 1), and
 * asked for room when a challenge starts (cost 0): what such a challenge reserved and did not use
 * could lock its number, because its codes cannot become longer. For the same reason windows of
 * more than a day are left out.
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
 * The guesses a new challenge reserves: all that it allows, so that verifying never has to ask a
 * shared budget and nobody can starve a live challenge. What it did not need comes back when it is
 * redeemed.
 */
export function guessCharges(policy: LimitPolicy, { numberFingerprint }: BudgetSubject, maxAttempts: number): Charge[] {
  return charges('guesses', numberFingerprint, policy.guessesPerNumber, maxAttempts, 'unused_attempts')
}

/**
 * What a wrong code costs its source. It takes effect at the source's next start, never on a live
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
 * The rates that make the nth message wait `waits[n - 1]` after the one before: n messages within
 * the first n waits together.
 */
export function cooldownRates(waits: readonly number[]): Rate[] {
  let windowSeconds = 0
  return waits.map((wait, index) => {
    windowSeconds += wait
    return { limit: index + 1, windowSeconds }
  })
}

/**
 * `rates` without those that another of `among` makes superfluous by admitting no more in a window
 * no shorter.
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

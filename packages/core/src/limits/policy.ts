import type { Purpose } from '../challenge/challenge.ts'
import { DAY_SECONDS } from '../time/duration.ts'
import {
  type BudgetRule,
  type Charge,
  DEVICE,
  type Failure,
  type Lane,
  partOf,
  type Rate,
  type Success,
} from './budget.ts'
import type { SourceAddress } from './source-address.ts'
import { addressSubject, UNKNOWN_SOURCE } from './subjects.ts'

/** The limits in effect, in the form in which the policy uses them. */
export interface LimitPolicy {
  /** Messages since the last right code. Rate `n` is step `n` of the resend schedule. */
  readonly cooldown: readonly Rate[]
  readonly sendsPerNumber: readonly Rate[]
  readonly sendsPerNumberAndNetwork: readonly Rate[]
  readonly sendsPerDevice: readonly Rate[]
  readonly sendsPerUser: readonly Rate[]
  readonly guessesPerNumber: readonly Rate[]
  readonly guessesPerDevice: readonly Rate[]
  /** Wrong codes in a row after which strangers receive hardened codes. */
  readonly guessesInARow: number
  readonly startsPerAddress: readonly Rate[]
  readonly startsPerNetwork: readonly Rate[]
  readonly startsFromUnknown: readonly Rate[]
  readonly failuresPerAddress: readonly Rate[]
  readonly failuresPerNetwork: readonly Rate[]
  readonly knownNetworkSeconds: number
  readonly knownDeviceSeconds: number
}

/** The recipient of a message and the source of the request. */
export interface BudgetSubject {
  readonly numberSubject: string
  /** `null` if the application passes no address or an invalid one. */
  readonly source: SourceAddress | null
  /** The device that the caller has a token of, as a part of the number. */
  readonly devicePart: string | null
  /** The signed-in user; `null` for a sign-in. */
  readonly userSubject: string | null
  readonly purpose: Purpose
  /** Whether the number has a fixed code: no message is sent, and guesses are limited like any. */
  readonly isTestNumber: boolean
}

/** How the guesses at the code of a new challenge are limited. */
export interface Guesses {
  /** How many guesses the challenge allows. */
  readonly maxAttempts: number
  /**
   * `reserved`: all that the challenge allows, so that verifying needs no shared budget and an
   * attacker cannot block a live challenge. `judged`: none, because the codes of a code service
   * cannot become longer; a start only checks for room. `unlimited`: none, because the code is
   * hardened.
   */
  readonly by: 'reserved' | 'judged' | 'unlimited'
}

/** NIST SP 800-63B-4 section 3.2.2: at most 100 wrong codes in a row. */
export const MAX_GUESSES_IN_A_ROW = 100

const DEVICE_GUESSES_IN_A_ROW = 10
const MAX_DEVICES = 10
const inARow = (limit: number): Rate => ({ limit, windowSeconds: 365 * DAY_SECONDS, isSinceSuccess: true })

/** The charges of a start that do not depend on the lane: those of the source and of the user. */
export function sourceCharges(policy: LimitPolicy, about: BudgetSubject, maxAttempts: number): Charge[] {
  const failures = sourceFailures(policy, about.source).map((charge) => reserved(charge, maxAttempts))
  return about.isTestNumber ? failures : [...sourceSendCharges(policy, about), ...failures]
}

/** The lanes of a start, the best first. The last one is open to everyone. */
export function lanesOf(policy: LimitPolicy, about: BudgetSubject, guesses: Guesses): [...Lane[], Lane] {
  const { numberSubject: number, source, devicePart, userSubject, purpose, isTestNumber } = about
  const lane = (subject: string | null, knownSeconds: number | null): Lane => {
    const sends = isTestNumber ? [] : laneSendCharges(policy, about, subject)
    return { subject, knownSeconds, charges: [...sends, ...guessCharges(policy, number, subject, guesses)] }
  }
  if (purpose === 'step_up' && userSubject !== null) return [lane(userSubject, null)]
  const device = purpose === 'sign_in' && devicePart !== null ? partOf(number, devicePart) : null
  return [
    ...(device === null ? [] : [lane(device, policy.knownDeviceSeconds)]),
    ...(source === null ? [] : [lane(partOf(number, source.prefix), policy.knownNetworkSeconds)]),
    lane(null, null),
  ]
}

/** The charges of one more message of a challenge, in the lane in which it was opened. */
export function resendCharges(policy: LimitPolicy, about: BudgetSubject, lane: string | null): Charge[] {
  if (about.isTestNumber) return []
  const checks = sourceFailures(policy, about.source)
  return [...sourceSendCharges(policy, about), ...checks, ...laneSendCharges(policy, about, lane)]
}

/**
 * What a wrong code records. A source's wrong codes limit its next starts, never a live challenge.
 *
 * `judgedNumber` is the number of a challenge from a code service, which reserves no guesses.
 */
export function failuresOf(
  policy: LimitPolicy,
  source: SourceAddress | null,
  judgedNumber: string | null = null,
): Failure[] {
  const { failuresPerAddress, failuresPerNetwork, guessesPerNumber } = policy
  const sources = source === null ? [UNKNOWN_SOURCE] : [addressSubject(source), source.prefix]
  return [
    {
      ...rule('guesses', [...guessesPerNumber, inARow(MAX_GUESSES_IN_A_ROW)]),
      subjects: judgedNumber === null ? [] : [judgedNumber],
    },
    { ...coarse('failures', [...failuresPerAddress, ...failuresPerNetwork]), subjects: sources },
  ]
}

/** What a right code records. `known` are parts of the number. */
export function successOf(policy: LimitPolicy, known: readonly string[], forgotten: readonly string[]): Success {
  const knownSeconds = Math.max(policy.knownDeviceSeconds, policy.knownNetworkSeconds)
  const windows = [...policy.guessesPerNumber, ...policy.sendsPerNumber].map(({ windowSeconds }) => windowSeconds)
  return { known, forgotten, knownSeconds, maxDevices: MAX_DEVICES, recordSeconds: Math.max(...windows) }
}

/**
 * The rates by which message n waits `waits[n - 1]` after the one before: at most n messages within
 * the sum of the first n waits.
 */
export function cooldownRates(waits: readonly number[]): Rate[] {
  let windowSeconds = 0
  return waits.map((wait, index) => {
    windowSeconds += wait
    return { limit: index + 1, windowSeconds, isSinceSuccess: true }
  })
}

// Strangers leave this share of a number's messages and guesses to its known networks and devices.
// Otherwise an attacker could use up the limits and keep the owner from signing in.
const leaveMessages = ({ limit, ...rate }: Rate): Rate => ({
  ...rate,
  limit: limit - Math.min(2, Math.floor(limit / 2)),
})
const leaveGuesses = ({ limit, ...rate }: Rate, least: number): Rate => ({
  ...rate,
  limit: Math.max(least, limit - Math.floor(limit / 3)),
})

function laneSendCharges(
  policy: LimitPolicy,
  { numberSubject: number, source }: BudgetSubject,
  lane: string | null,
): Charge[] {
  const { cooldown, sendsPerNumber, sendsPerNumberAndNetwork, sendsPerDevice, sendsPerUser } = policy
  const network = source === null ? null : partOf(number, source.prefix)
  if (lane === null) {
    const strangers = taken(rule('sends', [...cooldown, ...sendsPerNumber.map(leaveMessages)]), number, 1)
    return network === null ? [strangers] : [strangers, taken(rule('sends', sendsPerNumberAndNetwork), network, 1)]
  }
  if (lane.startsWith(partOf(number, DEVICE))) return [taken(rule('sends', [...cooldown, ...sendsPerDevice]), lane, 1)]
  const rates = lane.startsWith(partOf(number, '')) ? sendsPerNumberAndNetwork : sendsPerUser
  return [taken(rule('sends', sendsPerNumber), number, 1), taken(rule('sends', [...cooldown, ...rates]), lane, 1)]
}

function guessCharges(
  { guessesPerNumber, guessesPerDevice, guessesInARow }: LimitPolicy,
  number: string,
  lane: string | null,
  { maxAttempts, by }: Guesses,
): Charge[] {
  const all = inARow(MAX_GUESSES_IN_A_ROW)
  if (by === 'unlimited') return []
  if (by === 'judged') {
    // A full budget refuses the start, so windows of more than a day could lock the number.
    const rates = guessesPerNumber.filter(({ windowSeconds }) => windowSeconds <= DAY_SECONDS)
    const left = lane === null ? rates.map((rate) => leaveGuesses(rate, 1)) : rates
    return [taken(rule('guesses', left), number, 0)]
  }
  const charge = (rates: readonly Rate[], subject: string) =>
    reserved(taken(rule('guesses', rates), subject, 0), maxAttempts)
  if (lane === null) {
    const left = guessesPerNumber.map((rate) => leaveGuesses(rate, maxAttempts))
    return [charge([...left, inARow(guessesInARow)], number)]
  }
  if (lane.startsWith(partOf(number, DEVICE))) {
    return [charge([all], number), charge([...guessesPerDevice, inARow(DEVICE_GUESSES_IN_A_ROW)], lane)]
  }
  return [charge([...guessesPerNumber, all], number)]
}

function sourceSendCharges(policy: LimitPolicy, { source, userSubject, purpose }: BudgetSubject): Charge[] {
  const { startsFromUnknown, startsPerAddress, startsPerNetwork, sendsPerUser } = policy
  // A step-up charges the user in its lane.
  const isCharged = userSubject !== null && purpose !== 'step_up'
  const signedIn = isCharged ? [taken(rule('sends', sendsPerUser), userSubject, 1)] : []
  if (source === null) return [...signedIn, taken(coarse('starts', startsFromUnknown), UNKNOWN_SOURCE, 1)]
  return [
    ...signedIn,
    taken(coarse('starts', startsPerAddress), addressSubject(source), 1),
    taken(coarse('starts', startsPerNetwork), source.prefix, 1),
  ]
}

function sourceFailures(
  { failuresPerAddress, failuresPerNetwork }: LimitPolicy,
  source: SourceAddress | null,
): Charge[] {
  if (source === null) return [taken(coarse('failures', failuresPerNetwork), UNKNOWN_SOURCE, 0)]
  return [
    taken(coarse('failures', failuresPerAddress), addressSubject(source), 0),
    taken(coarse('failures', failuresPerNetwork), source.prefix, 0),
  ]
}

function rule(kind: BudgetRule['kind'], rates: readonly Rate[]): BudgetRule {
  return { kind, rates, grainSeconds: 0 }
}

/** A rule for large limits, which records tenths of the shortest window. */
function coarse(kind: BudgetRule['kind'], rates: readonly Rate[]): BudgetRule {
  const windows = rates.map(({ windowSeconds }) => windowSeconds)
  return { kind, rates, grainSeconds: rates.length === 0 ? 0 : Math.min(...windows) / 10 }
}

function taken(of: BudgetRule, subject: string, cost: number): Charge {
  return { ...of, subject, cost, isReserved: false }
}

function reserved(charge: Charge, cost: number): Charge {
  return { ...charge, cost, isReserved: true }
}

import type {
  Attempt,
  Charge,
  OpenOutcome,
  OpenRequest,
  OtpStore,
  RedeemOutcome,
  SessionStore,
  UserStore,
} from '@phone-auth/core/adapters'
import type { TestClock } from './clause.ts'

// Common mistakes in stores of one-time codes. A race test that passes on one of them proves
// nothing.

/** Replaces some methods of a working store. */
export function broken<Store extends object>(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(Object.hasOwn(changes, name) ? changes : target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Waits some turns of the event loop, so that concurrent calls run in between. */
export async function tick(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Reads and compares the code, and writes afterwards. This is the most common mistake. */
export function readThenWrite(store: OtpStore): OtpStore {
  const redeem = async (attempt: Attempt): Promise<RedeemOutcome> => {
    const challenge = await store.find(attempt.idHash)
    if (challenge === null) return { outcome: 'gone' }
    await tick()
    if (!attempt.codeHashes.includes(challenge.codeHash)) return store.redeem(attempt)
    await store.redeem(attempt)
    return { outcome: 'redeemed', challenge }
  }
  return broken(store, { redeem })
}

/** Compares the code first and counts the attempt afterwards. */
export function countAfterCompare(store: OtpStore): OtpStore {
  const redeem = async (attempt: Attempt): Promise<RedeemOutcome> => {
    const challenge = await store.find(attempt.idHash)
    if (challenge === null) return { outcome: 'gone' }
    if (challenge.attempts >= challenge.maxAttempts) return { outcome: 'spent', challenge }
    await tick()
    if (attempt.codeHashes.includes(challenge.codeHash)) return store.redeem(attempt)
    await store.redeem(attempt)
    const counted = { ...challenge, attempts: challenge.attempts + 1 }
    return { outcome: 'wrong', challenge: counted }
  }
  return broken(store, { redeem })
}

/**
 * Compares the code in a transaction that a wrong code rolls back, so that the attempt is not
 * counted.
 */
export function rollBackClaim(store: OtpStore): OtpStore {
  const redeem = async (attempt: Attempt): Promise<RedeemOutcome> => {
    const challenge = await store.find(attempt.idHash)
    if (challenge === null || attempt.codeHashes.includes(challenge.codeHash)) return store.redeem(attempt)
    const counted = { ...challenge, attempts: challenge.attempts + 1 }
    return { outcome: 'wrong', challenge: counted }
  }
  return broken(store, { redeem })
}

/** Reads whether the budgets have room, and charges them afterwards. */
export function readThenCharge(store: OtpStore): OtpStore {
  const used = new Map<string, number>()
  const open = async (request: OpenRequest): Promise<OpenOutcome> => {
    const strangers = request.lanes.find(({ subject }) => subject === null)?.charges ?? []
    const charges = [...request.charges, ...strangers]
    const full = charges.filter(({ subject, rates }) => rates.some(({ limit }) => (used.get(subject) ?? 0) >= limit))
    if (full.length > 0) return { outcome: 'limited', full: [], at: new Date() }
    await tick()
    for (const { subject } of charges) used.set(subject, (used.get(subject) ?? 0) + 1)
    return store.open({ ...request, charges: [], lanes: [{ subject: null, knownSeconds: null, charges: [] }] })
  }
  return broken(store, { open })
}

/** Counts in windows that begin at multiples of their length, as a clock shows them. */
export function fixedWindows(store: OtpStore, clock: Pick<TestClock, 'now'>): OtpStore {
  const inFixedWindows = (charge: Charge): Charge[] =>
    charge.rates.map((rate) => {
      const window = Math.floor(clock.now().getTime() / 1000 / rate.windowSeconds)
      return { ...charge, rates: [rate], subject: `${charge.subject} ${rate.windowSeconds} ${window}` }
    })
  return broken(store, { open: (request) => store.open(withCharges(request, inFixedWindows)) })
}

/** A request with other charges in place of each of its own. */
export function withCharges(request: OpenRequest, instead: (charge: Charge) => Charge[]): OpenRequest {
  const lanes = request.lanes.map((lane) => ({ ...lane, charges: lane.charges.flatMap(instead) }))
  return { ...request, charges: request.charges.flatMap(instead), lanes: lanes as unknown as OpenRequest['lanes'] }
}

/** Deletes the challenge to compare the code, and inserts it again after a wrong code. */
export function deleteThenRecreate(store: OtpStore): OtpStore {
  const takenOut = new Set<string>()
  const redeem = async (attempt: Attempt): Promise<RedeemOutcome> => {
    if (takenOut.has(attempt.idHash)) return { outcome: 'gone' }
    takenOut.add(attempt.idHash)
    await tick()
    const outcome = await store.redeem(attempt)
    takenOut.delete(attempt.idHash)
    return outcome
  }
  return broken(store, { redeem })
}

/** Reads whether the user exists, then inserts one, and fails on the unique index. */
export function readThenInsert(store: UserStore): UserStore {
  const signIn: UserStore['signIn'] = async (phoneNumber, registration) => {
    const known = await store.findByPhoneNumber(phoneNumber)
    await tick()
    const inserted = await store.findByPhoneNumber(phoneNumber)
    if (known === null && inserted !== null) throw new Error('UNIQUE constraint failed: users.phone_number')
    return store.signIn(phoneNumber, registration)
  }
  return broken(store, { signIn })
}

/** Reads whether the number is free, and does not look at whether the later change succeeded. */
export function readThenChange(store: UserStore): UserStore {
  const changePhoneNumber: UserStore['changePhoneNumber'] = async (userId, phoneNumber) => {
    const owner = await store.findByPhoneNumber(phoneNumber)
    const previous = await store.findById(userId)
    await tick()
    await store.changePhoneNumber(userId, phoneNumber)
    if (owner !== null || previous === null) return { outcome: 'taken' }
    const { user } = previous
    return { outcome: 'changed', user: { ...user, phoneNumber }, previousPhoneNumber: user.phoneNumber }
  }
  return broken(store, { changePhoneNumber })
}

/** Does not note that a generation of tokens was used. */
export function neverMarks(store: SessionStore): SessionStore {
  return broken(store, { markUsed: async () => undefined })
}

/** Forgets that the repetition of an exchange has voided the access tokens before it. */
export function neverVoids(store: SessionStore): SessionStore {
  const find: SessionStore['find'] = async (id) => {
    const session = await store.find(id)
    return session === null ? null : { ...session, oldestGeneration: 0 }
  }
  return broken(store, { find })
}

/** Reads the session first, and treats every call after the first rotation as a reuse. */
export function readThenRotate(store: SessionStore): SessionStore {
  const rotate: SessionStore['rotate'] = async (rotation) => {
    const session = await store.find(rotation.sessionId)
    if (session === null) return { outcome: 'gone' }
    await tick()
    const result = await store.rotate(rotation)
    if (result.outcome !== 'repeated') return result
    await store.revoke(rotation.sessionId)
    return { outcome: 'reused', session }
  }
  return broken(store, { rotate })
}

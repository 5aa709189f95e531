import {
  type AttemptBy,
  attemptsLeft,
  type Challenge,
  deliveryRank,
  type ExpiredMessage,
  type OpenOutcome,
  type OpenRequest,
  type OtpStore,
} from '@phone-auth/core/adapters'
import type { TestClock } from '../src/clause.ts'
import { SUCCESS } from '../src/fixtures.ts'
import {
  broken,
  countAfterCompare,
  deleteThenRecreate,
  fixedWindows,
  readThenCharge,
  readThenWrite,
  rollBackClaim,
  tick,
  withCharges,
} from '../src/racy-stores.ts'

// For each clause, by its name, a deliberately broken store that the clause must reject.

export type Sabotage<Store> = (store: Store, clock: TestClock) => Store

export const otpStoreSaboteurs: Readonly<Record<string, Sabotage<OtpStore>>> = {
  'the methods open, find and findLatest return the challenge with all its fields': (store) =>
    broken(store, {
      find: async (idHash) => {
        const found = await store.find(idHash)
        return found && { ...found, seed: 'another' }
      },
    }),
  'LIM-7 no budget records more than its limit, even when many calls and processes charge it at the same time':
    readThenCharge,
  'LIM-1 LIM-6 within any window, wherever it begins, no budget records more than its limit': fixedWindows,
  'if any budget is full, charges nothing, stores nothing, and returns each full budget with the time at which it has room':
    (store) =>
      broken(store, {
        open: async (request) => {
          const outcome = await store.open(request)
          if (outcome.outcome === 'opened') return outcome
          const room = request.charges.filter((c) => !outcome.full.some(({ subject }) => subject === c.subject))
          await store.open({ ...request, challenge: { ...request.challenge, idHash: 'left-behind' }, charges: room })
          return outcome
        },
      }),
  'LIM-10 a record with a grain counts each charge until the end of its window, and at most one grain longer': (
    store,
  ) =>
    broken(store, {
      // Records coarser than the grain.
      open: (request) => store.open(withCharges(request, (c) => [{ ...c, grainSeconds: c.grainSeconds * 10 }])),
    }),
  'LIM-2 a rate since the last success counts only what was recorded after it': (store) =>
    broken(store, {
      open: (request) =>
        store.open(
          withCharges(request, (c) => [
            { ...c, rates: c.rates.map(({ limit, windowSeconds }) => ({ limit, windowSeconds })) },
          ]),
        ),
    }),
  'LIM-1 what a challenge reserves counts in every window until the challenge is redeemed or expires': (store) =>
    broken(store, { open: (request) => store.open(withCharges(request, (c) => [{ ...c, isReserved: false }])) }),
  'LIM-5 a lane of a known subject is used only while the last success of the subject is recent enough': (store) =>
    broken(store, {
      // A subject stays known for ever.
      open: (request) => {
        const lanes = request.lanes.map((lane) => (lane.subject === null ? lane : { ...lane, knownSeconds: 1e6 }))
        return store.open({ ...request, lanes: lanes as unknown as OpenRequest['lanes'] })
      },
    }),
  'a charge of cost 0 takes nothing, and is refused unless the budget has room for 1': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, charges: request.charges.filter(({ cost }) => cost > 0) }),
    }),
  'when the challenge is opened, full lists the budgets without room for the same charge again': (store) =>
    broken(store, {
      open: async (request) => ({ ...(await store.open(request)), full: [] }) as OpenOutcome,
    }),
  'OTP-8 opening a challenge does not change any other open challenge': (store) => {
    let latest = ''
    return broken(store, {
      open: (request) => {
        latest = request.challenge.idHash
        return store.open(request)
      },
      find: async (idHash) => (idHash === latest ? store.find(idHash) : null),
    })
  },
  'opening a challenge does not refill the guess budget of the phone number': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, charges: request.charges.filter((c) => !c.isReserved) }),
    }),
  'the methods find and findLatest return null for an expired, consumed or unknown challenge': (store) => {
    const opened = new Map<string, Challenge>()
    return broken(store, {
      open: async (request) => {
        const outcome = await store.open(request)
        if (outcome.outcome === 'opened') opened.set(request.challenge.idHash, outcome.challenge)
        return outcome
      },
      find: async (idHash) => opened.get(idHash) ?? null,
    })
  },
  'OTP-5 of several open challenges, findLatest returns the last that the given network started, or else the last of all':
    (store) => broken(store, { findLatest: (phoneNumber, purpose) => store.findLatest(phoneNumber, purpose, null) }),
  'DATA-1 a purge deletes at most limit expired challenges and limit budgets of which nothing counts any more, and nothing that is still in effect':
    (store) => broken(store, { purge: () => store.purge(1000) }),
  'a purge returns each message with a handle once, unless its challenge was redeemed or discarded': (store) => {
    const returned: ExpiredMessage[] = []
    return broken(store, {
      // Returns earlier messages again.
      purge: async (limit) => {
        const result = await store.purge(limit)
        returned.push(...result.expired)
        return { ...result, expired: [...returned] }
      },
    })
  },
  'counts each wrong code until no attempts are left': rollBackClaim,
  'redeems the challenge once, if any of the codeHashes matches': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, codeHashes: attempt.codeHashes.slice(0, 1) }) }),
  'OTP-4 no two concurrent calls return the same attempts, and at most maxAttempts codes are compared':
    countAfterCompare,
  'OTP-3 of concurrent callers with the right code, exactly one redeems the challenge': readThenWrite,
  'OTP-8 while attempts are left, the right code is redeemed even if wrong codes are submitted at the same time':
    deleteThenRecreate,
  "OTP-5 attempts by phone number use at most maxAttemptsByNumber of the challenge's attempts, and those of strangers use at most one of these":
    (store) => broken(store, { redeem: (attempt) => store.redeem({ ...attempt, by: 'phone_number' }) }),
  'OTP-6 an attempt with another purpose or session returns gone and does not change the challenge': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const { purpose, sessionId } = (await store.find(attempt.idHash)) ?? attempt
        return store.redeem({ ...attempt, purpose, sessionId })
      },
    }),
  'OTP-2 a challenge is gone from expiresAt on': (store) =>
    broken(store, { open: (request) => store.open({ ...request, ttlSeconds: request.ttlSeconds + 1 }) }),
  'LIM-1 a right code returns what the challenge has reserved and not used, and records a success of the number, of the lane and of what becomes known':
    (store) =>
      broken(store, {
        open: (request) => store.open(withCharges(request, (c) => [{ ...c, isReserved: false }])),
      }),
  'LIM-4 a wrong code moves one reserved attempt of each budget to its record, and records its other failures, even beyond the limits of their budgets':
    (store) => broken(store, { redeem: (attempt) => store.redeem({ ...attempt, failures: [] }) }),
  'LIM-5 at most maxDevices devices of a number are known, those with the latest success': (store) =>
    broken(store, {
      redeem: (attempt) => store.redeem({ ...attempt, success: { ...attempt.success, maxDevices: 100 } }),
    }),
  'LIM-5 after forget, no network and no device of the number is known, and what is recorded about them still counts': (
    store,
  ) => broken(store, { forget: async () => undefined }),
  'OTP-4 of concurrent attempts without a code, maxAttempts are counted and return wrong, and the others return spent':
    rollBackClaim,
  'OTP-4 an attempt that a code service has checked is not counted': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, by: countedBy(attempt.by) }) }),
  'OTP-4 an attempt that a code service has checked is not refused when no attempts are left': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const challenge = await store.find(attempt.idHash)
        const isSpent = challenge !== null && attemptsLeft(challenge, attempt.by) <= 0
        return isSpent ? { outcome: 'spent', challenge } : store.redeem(attempt)
      },
    }),
  'OTP-4 of concurrent attempts that a code service has approved, exactly one redeems the challenge, even when no attempts are left':
    readThenWrite,
  'OTP-4 an attempt that a code service has checked returns gone in the same cases as any other': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const challenge = attempt.by === 'code_service' ? await store.find(attempt.idHash) : null
        const { purpose, sessionId } = challenge ?? attempt
        return store.redeem({ ...attempt, purpose, sessionId })
      },
    }),
  'OTP-4 an attempt that a code service has checked records the same failures and successes as any other': (store) =>
    broken(store, {
      redeem: (attempt) => store.redeem(attempt.by === 'code_service' ? { ...attempt, failures: [] } : attempt),
    }),
  'OTP-9 a challenge never counts more than maxSends messages': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, challenge: { ...request.challenge, maxSends: 100 } }),
    }),
  'OTP-9 a resend does not reset the attempts and does not extend the lifetime of the challenge': (store) =>
    broken(store, {
      resend: async (request) => {
        const result = await store.resend(request)
        return 'challenge' in result ? { ...result, challenge: { ...result.challenge, attempts: 0 } } : result
      },
    }),
  'OTP-9 after a resend with a replacement code, only the new code is accepted': (store) =>
    broken(store, { resend: (request) => store.resend({ ...request, replacement: null }) }),
  'a resend charges every budget and counts the message, or does neither': (store) =>
    broken(store, { resend: (request) => store.resend({ ...request, charges: [] }) }),
  'a challenge that is spent, consumed, expired or unknown cannot be resent, and nothing is charged': (store) =>
    broken(store, {
      resend: async (request) => {
        const outcome = await store.resend(request)
        return outcome.outcome === 'spent' ? { outcome: 'gone' } : outcome
      },
    }),
  'REL-8 a delivery state is recorded only if it is of a later message than the recorded one, or a later state of the same message':
    (store) => {
      let latest = 0
      // Keeps the last state that arrived.
      return broken(store, {
        recordDelivery: (note) => {
          latest += 1
          return store.recordDelivery({ ...note, send: latest })
        },
      })
    },
  'REL-8 of concurrent receipts, each is recorded at most once, and the latest state of the latest message remains': (
    store,
  ) => {
    let rank = 0
    let latest = 0
    // Reads whether the state is new, and records it afterwards.
    return broken(store, {
      recordDelivery: async (note) => {
        if (deliveryRank(note) <= rank) return null
        await tick()
        rank = deliveryRank(note)
        latest += 1
        return store.recordDelivery({ ...note, send: latest })
      },
    })
  },
  'a handle is stored even if receipts of its message arrived first, unless a state or a handle of a later message is recorded':
    (store) => {
      const ranks = new Map<string, number>()
      // Drops the handle if a later state of the same message arrived first.
      return broken(store, {
        recordDelivery: (note) => {
          const rank = ranks.get(note.idHash) ?? 0
          ranks.set(note.idHash, Math.max(rank, deliveryRank(note)))
          return store.recordDelivery(deliveryRank(note) < rank ? { ...note, handle: null } : note)
        },
      })
    },
  'a stored handle stays until a later message replaces it, and storing it again returns null': (store) =>
    broken(store, {
      // Removes the handle when a receipt has none.
      recordDelivery: async (note) => {
        const challenge = await store.recordDelivery(note)
        return challenge && { ...challenge, handle: note.handle }
      },
    }),
  'after concurrent receipts and handles, the latest delivery state and the latest handle remain': (store) => {
    let rank = 0
    let latest = 0
    // Reads whether the state is new, and afterwards overwrites what was recorded in between.
    return broken(store, {
      recordDelivery: async (note) => {
        if (note.handle === null && deliveryRank(note) <= rank) return null
        await tick()
        rank = Math.max(rank, deliveryRank(note))
        latest += 1
        return store.recordDelivery({ ...note, send: latest })
      },
    })
  },
  'REL-8 a receipt is recorded for consumed and expired challenges too, until they are purged': (store) =>
    broken(store, {
      recordDelivery: async (note) => ((await store.find(note.idHash)) === null ? null : store.recordDelivery(note)),
    }),
  'the delivery state and the handle stay with the challenge when it is resent or redeemed': (store) =>
    broken(store, {
      resend: async (request) => {
        const result = await store.resend(request)
        return 'challenge' in result ? { ...result, challenge: { ...result.challenge, delivery: 'unknown' } } : result
      },
    }),
  'ACC-3 ends every open challenge of the given phone numbers, for any purpose, and no other, and returns how many it ended':
    (store) => broken(store, { discard: (phoneNumbers) => store.discard(phoneNumbers.slice(0, 1)) }),
  'what a discarded challenge has reserved counts until the challenge would have expired': (store) =>
    broken(store, {
      // Redeems the challenge instead of discarding it.
      discard: async ([phoneNumber]) => {
        const open = phoneNumber === undefined ? null : await store.findLatest(phoneNumber, 'sign_in', null)
        if (open === null) return 0
        await store.redeem({ ...open, by: 'code_service', codeHashes: [open.codeHash], failures: [], success: SUCCESS })
        return 1
      },
    }),
  'ACC-3 of concurrent calls to redeem and discard, exactly one ends the challenge': (store) =>
    broken(store, {
      discard: async (phoneNumbers) => {
        const found = await Promise.all(
          phoneNumbers.map((phoneNumber) => store.findLatest(phoneNumber, 'sign_in', null)),
        )
        await tick()
        await store.discard(phoneNumbers)
        return found.filter((challenge) => challenge !== null).length
      },
    }),
}

/** The kind of caller for a store that does not support code services. */
export const countedBy = (by: AttemptBy): AttemptBy => (by === 'code_service' ? 'challenge_id' : by)

import {
  type AttemptBy,
  attemptsLeft,
  type Challenge,
  deliveryRank,
  type ExpiredMessage,
  type OpenOutcome,
  type OtpStore,
} from '@phone-auth/core'
import type { TestClock } from '../src/clause.ts'
import {
  broken,
  countAfterCompare,
  deleteThenRecreate,
  readThenCharge,
  readThenWrite,
  rollBackClaim,
  tick,
} from '../src/racy-stores.ts'

// One deliberately broken store for every clause, by the clause's name: what it takes to be
// rejected.

export type Sabotage<Store> = (store: Store, clock: TestClock) => Store

export const otpStoreSaboteurs: Readonly<Record<string, Sabotage<OtpStore>>> = {
  'opens a challenge and finds it again, whole': (store) =>
    broken(store, {
      find: async (idHash) => {
        const found = await store.find(idHash)
        return found && { ...found, seed: 'another' }
      },
    }),
  "LIM-7 never admits more than a budget's limit in its window, under any concurrency": readThenCharge,
  'when any budget is full, charges nothing, stores nothing and says which budgets are full and until when': (store) =>
    broken(store, {
      open: async (request) => {
        const outcome = await store.open(request)
        if (outcome.outcome === 'opened') return outcome
        const room = request.charges.filter(({ key }) => !outcome.full.some((budget) => budget.key === key))
        await store.open({ ...request, challenge: { ...request.challenge, idHash: 'left-behind' }, charges: room })
        return outcome
      },
    }),
  "LIM-10 a budget's window starts at its first charge and ends windowSeconds later": (store, clock) =>
    broken(store, {
      open: (request) => {
        const hour = Math.floor(clock.now().getTime() / 3_600_000)
        return store.open({ ...request, charges: request.charges.map((c) => ({ ...c, key: `${c.key}-${hour}` })) })
      },
    }),
  'a charge of cost 0 takes nothing and asks for room for one': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, charges: request.charges.filter(({ cost }) => cost > 0) }),
    }),
  'an admitted charge says which budgets have no room for the same charge again': (store) =>
    broken(store, {
      open: async (request) => ({ ...(await store.open(request)), full: [] }) as OpenOutcome,
    }),
  'OTP-8 opening another challenge leaves every open one as it is': (store) => {
    let latest = ''
    return broken(store, {
      open: (request) => {
        latest = request.challenge.idHash
        return store.open(request)
      },
      find: async (idHash) => (idHash === latest ? store.find(idHash) : null),
    })
  },
  "opening another challenge does not refill a number's guess budget": (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, charges: request.charges.filter((c) => c.givesBack === 'nothing') }),
    }),
  'finds neither an expired nor a consumed nor an unknown challenge': (store) => {
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
  'finds the open challenge of a number and purpose that was opened last': (store) => {
    let first: string | undefined
    return broken(store, {
      open: (request) => {
        first ??= request.challenge.idHash
        return store.open(request)
      },
      findLatest: () => store.find(first ?? ''),
    })
  },
  'DATA-1 deletes at most limit expired challenges and limit ended windows, and nothing that lives': (store) =>
    broken(store, { purge: () => store.purge(1000) }),
  'a purge returns each message with a handle whose challenge was neither redeemed nor discarded, once': (store) => {
    const told: ExpiredMessage[] = []
    return broken(store, {
      // Tells again what it has told before.
      purge: async (limit) => {
        const result = await store.purge(limit)
        told.push(...result.expired)
        return { ...result, expired: [...told] }
      },
    })
  },
  'counts a wrong code and says how many attempts are left': rollBackClaim,
  'redeems the right code under any of the keys in use, once': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, codeHashes: attempt.codeHashes.slice(0, 1) }) }),
  'OTP-4 of 200 concurrent calls no two see the same attempts, and at most maxAttempts codes are compared':
    countAfterCompare,
  'OTP-3 a challenge is redeemed by exactly one of 200 concurrent callers': readThenWrite,
  'OTP-8 the right code is redeemed beside concurrent wrong ones, while attempts are left': deleteThenRecreate,
  'OTP-5 callers by phone number use at most maxAttemptsByNumber of the attempts': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, by: 'challenge_id' }) }),
  'OTP-6 another purpose or subject finds the challenge gone and leaves it as it is': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const { purpose, subject } = (await store.find(attempt.idHash)) ?? attempt
        return store.redeem({ ...attempt, purpose, subject })
      },
    }),
  'OTP-2 a challenge is gone from the instant of expiresAt on': (store) =>
    broken(store, { open: (request) => store.open({ ...request, ttlSeconds: request.ttlSeconds + 1 }) }),
  'a redeemed challenge gives back to its budgets what each charge says': (store) =>
    broken(store, {
      open: (request) =>
        store.open({ ...request, charges: request.charges.map((c) => ({ ...c, givesBack: 'nothing' })) }),
    }),
  'a wrong code takes its failure charges, even beyond their limit': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, failureCharges: [] }) }),
  'OTP-4 of 200 concurrent attempts without a code maxAttempts are counted, each once, and wrong': rollBackClaim,
  'OTP-4 an attempt that a code service has judged is not counted': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, by: countedBy(attempt.by) }) }),
  'OTP-4 used-up attempts do not refuse an attempt that a code service has judged': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const challenge = await store.find(attempt.idHash)
        const isSpent = challenge !== null && attemptsLeft(challenge, attempt.by) <= 0
        return isSpent ? { outcome: 'spent', challenge } : store.redeem(attempt)
      },
    }),
  'OTP-4 a challenge without attempts left is redeemed by one of 200 that a code service has judged, and gone to the others':
    readThenWrite,
  'OTP-4 an attempt that a code service has judged finds the challenge gone where any other does': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const challenge = attempt.by === 'code_service' ? await store.find(attempt.idHash) : null
        const { purpose, subject } = challenge ?? attempt
        return store.redeem({ ...attempt, purpose, subject })
      },
    }),
  'OTP-4 an attempt that a code service has judged gives back and takes what any other does': (store) =>
    broken(store, {
      redeem: (attempt) => store.redeem(attempt.by === 'code_service' ? { ...attempt, failureCharges: [] } : attempt),
    }),
  'OTP-9 never admits more than maxSends messages': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, challenge: { ...request.challenge, maxSends: 100 } }),
    }),
  'OTP-9 a resend resets no attempts and extends no life': (store) =>
    broken(store, {
      resend: async (request) => {
        const result = await store.resend(request)
        return 'challenge' in result ? { ...result, challenge: { ...result.challenge, attempts: 0 } } : result
      },
    }),
  'OTP-9 a replacement code takes the place of the old one': (store) =>
    broken(store, { resend: (request) => store.resend({ ...request, replacement: null }) }),
  'a resend charges every budget and counts the message, or does neither': (store) =>
    broken(store, { resend: (request) => store.resend({ ...request, charges: [] }) }),
  'a challenge that is spent, consumed, expired or unknown is not resent, and charges nothing': (store) =>
    broken(store, {
      resend: async (request) => {
        const outcome = await store.resend(request)
        return outcome.outcome === 'spent' ? { outcome: 'gone' } : outcome
      },
    }),
  'REL-8 news is what concerns a later message than what was noted before, or the same message further on its way': (
    store,
  ) => {
    let latest = 0
    // Keeps whatever came last.
    return broken(store, {
      noteDelivery: (note) => {
        latest += 1
        return store.noteDelivery({ ...note, send: latest })
      },
    })
  },
  'REL-8 of 200 concurrent receipts each is news once at most, and the furthest stays': (store) => {
    let rank = 0
    let latest = 0
    // Looks whether it is news, then notes it.
    return broken(store, {
      noteDelivery: async (note) => {
        if (deliveryRank(note) <= rank) return null
        await tick()
        rank = deliveryRank(note)
        latest += 1
        return store.noteDelivery({ ...note, send: latest })
      },
    })
  },
  'a handle is news unless something of a later message was noted, and is stored also when receipts of its message came before it':
    (store) => {
      const ranks = new Map<string, number>()
      // Takes a note for old where a receipt of the same message came before, and drops its handle
      // with it.
      return broken(store, {
        noteDelivery: (note) => {
          const rank = ranks.get(note.idHash) ?? 0
          ranks.set(note.idHash, Math.max(rank, deliveryRank(note)))
          return store.noteDelivery(deliveryRank(note) < rank ? { ...note, handle: null } : note)
        },
      })
    },
  'a handle stays until that of a later message takes its place, and is no news twice': (store) =>
    broken(store, {
      // Takes a receipt without a handle for one that takes the handle away.
      noteDelivery: async (note) => {
        const challenge = await store.noteDelivery(note)
        return challenge && { ...challenge, handle: note.handle }
      },
    }),
  'of 200 concurrent receipts and handles the furthest delivery and the latest handle stay': (store) => {
    let rank = 0
    let latest = 0
    // Looks whether it is news, then notes it in the place of whatever came meanwhile.
    return broken(store, {
      noteDelivery: async (note) => {
        if (note.handle === null && deliveryRank(note) <= rank) return null
        await tick()
        rank = Math.max(rank, deliveryRank(note))
        latest += 1
        return store.noteDelivery({ ...note, send: latest })
      },
    })
  },
  'REL-8 a receipt is noted on consumed and expired challenges too, while they are kept': (store) =>
    broken(store, {
      noteDelivery: async (note) => ((await store.find(note.idHash)) === null ? null : store.noteDelivery(note)),
    }),
  'what was noted stays with the challenge, whatever else becomes of it': (store) =>
    broken(store, {
      resend: async (request) => {
        const result = await store.resend(request)
        return 'challenge' in result ? { ...result, challenge: { ...result.challenge, delivery: 'unknown' } } : result
      },
    }),
  'ACC-3 ends every open challenge of some numbers, whatever its purpose, and no other; returns how many that were': (
    store,
  ) => broken(store, { discard: (phoneNumbers) => store.discard(phoneNumbers.slice(0, 1)) }),
  'a discarded challenge gives nothing back to its budgets': (store) =>
    broken(store, {
      // Redeems it in the name of whoever discards it.
      discard: async ([phoneNumber]) => {
        const open = phoneNumber === undefined ? null : await store.findLatest(phoneNumber, 'sign_in')
        if (open === null) return 0
        await store.redeem({ ...open, by: 'code_service', codeHashes: [open.codeHash], failureCharges: [] })
        return 1
      },
    }),
  'ACC-3 of concurrent callers one redeems a challenge or discards it': (store) =>
    broken(store, {
      discard: async (phoneNumbers) => {
        const found = await Promise.all(phoneNumbers.map((phoneNumber) => store.findLatest(phoneNumber, 'sign_in')))
        await tick()
        await store.discard(phoneNumbers)
        return found.filter((challenge) => challenge !== null).length
      },
    }),
}

/** Whose attempt it is to a store that knows of no code service. */
export const countedBy = (by: AttemptBy): AttemptBy => (by === 'code_service' ? 'challenge_id' : by)

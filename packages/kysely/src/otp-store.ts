import {
  type Attempt,
  attemptsLeft,
  type Challenge,
  isOpen,
  type OpenOutcome,
  type OpenRequest,
  type OtpStore,
  type PhoneNumber,
  type Purpose,
  type RedeemOutcome,
  type ResendOutcome,
  type ResendRequest,
  settlementsOf,
} from '@phone-auth/core'
import type { Kysely } from 'kysely'
import { charge, chargeAnyway, settle } from './budgets.ts'
import type { Database } from './database.ts'
import { challengeOf } from './rows.ts'
import type { ChallengeRow, Tables } from './schema.ts'

export class KyselyOtpStore implements OtpStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  open(request: OpenRequest): Promise<OpenOutcome> {
    return this.#database.atomically(async (db, now) => {
      const { isAdmitted, full } = await charge(db, request.charges, now)
      if (!isAdmitted) return { outcome: 'limited', full, at: now }
      const { challenge, ttlSeconds, charges } = request
      const row = await db
        .insertInto('phone_auth_challenges')
        .values({
          id_hash: challenge.idHash,
          purpose: challenge.purpose,
          subject: challenge.subject,
          channel: challenge.channel,
          phone_number: challenge.phoneNumber,
          seed: challenge.seed,
          code_hash: challenge.codeHash,
          key_id: challenge.keyId,
          code_alphabet: challenge.format.alphabet,
          code_length: challenge.format.length,
          max_attempts: challenge.maxAttempts,
          max_attempts_by_number: challenge.maxAttemptsByNumber,
          sends: 1,
          max_sends: challenge.maxSends,
          settlements: JSON.stringify(settlementsOf(charges)),
          created_at: now.getTime(),
          expires_at: now.getTime() + ttlSeconds * 1000,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return { outcome: 'opened', challenge: challengeOf(row), full }
    })
  }

  resend({ idHash, charges, replacement }: ResendRequest): Promise<ResendOutcome> {
    return this.#database.atomically(async (db, now) => {
      const challenge = await findOpen(db, idHash, now)
      if (challenge === null) return { outcome: 'gone' }
      if (attemptsLeft(challenge, 'challenge_id') <= 0) return { outcome: 'spent' }
      if (challenge.sends >= challenge.maxSends) return { outcome: 'no_sends_left' }
      const { isAdmitted, full } = await charge(db, charges, now)
      if (!isAdmitted) return { outcome: 'limited', full, at: now }
      const row = await db
        .updateTable('phone_auth_challenges')
        .set((eb) => ({
          sends: eb('sends', '+', 1),
          ...(replacement !== null && {
            seed: replacement.seed,
            code_hash: replacement.codeHash,
            key_id: replacement.keyId,
          }),
        }))
        .where('id_hash', '=', idHash)
        .returningAll()
        .executeTakeFirstOrThrow()
      return { outcome: 'resent', challenge: challengeOf(row), full, at: now }
    })
  }

  redeem(attempt: Attempt): Promise<RedeemOutcome> {
    return this.#database.atomically((db, now) => redeem(db, now, attempt))
  }

  find(idHash: string): Promise<Challenge | null> {
    return this.#database.read((db, now) => findOpen(db, idHash, now))
  }

  findLatest(phoneNumber: PhoneNumber, purpose: Purpose): Promise<Challenge | null> {
    return this.#database.read(async (db, now) => {
      const row = await db
        .selectFrom('phone_auth_challenges')
        .selectAll()
        .where('phone_number', '=', phoneNumber)
        .where('purpose', '=', purpose)
        .where('consumed_at', 'is', null)
        .where('expires_at', '>', now.getTime())
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? null : challengeOf(row)
    })
  }

  purge(limit: number): Promise<number> {
    return this.#database.atomically(async (db, now) => {
      const expired = await db
        .deleteFrom('phone_auth_challenges')
        .where('id_hash', 'in', (eb) =>
          eb
            .selectFrom('phone_auth_challenges')
            .select('id_hash')
            .where('expires_at', '<=', now.getTime())
            .limit(limit),
        )
        .executeTakeFirst()
      const ended = await db
        .deleteFrom('phone_auth_budgets')
        .where('key', 'in', (eb) =>
          eb.selectFrom('phone_auth_budgets').select('key').where('ends_at', '<=', now.getTime()).limit(limit),
        )
        .executeTakeFirst()
      return Number(expired.numDeletedRows + ended.numDeletedRows)
    })
  }
}

/** {@link OtpStore.redeem} within an atomic step that may go on. */
export async function redeem(db: Kysely<Tables>, now: Date, attempt: Attempt): Promise<RedeemOutcome> {
  const { idHash, purpose, subject, by, codeHashes, failureCharges } = attempt
  const row = await claim(db, now, attempt)
  if (row === undefined) {
    const challenge = await findOpen(db, idHash, now)
    const isAnothers = challenge?.purpose !== purpose || challenge.subject !== subject
    return challenge === null || isAnothers ? { outcome: 'gone' } : { outcome: 'spent', challenge }
  }
  const challenge = challengeOf(row)
  if (codeHashes.includes(row.code_hash)) {
    await settle(db, row)
    return { outcome: 'redeemed', challenge }
  }
  await chargeAnyway(db, failureCharges, now)
  return { outcome: 'wrong', challenge, attemptsRemaining: attemptsLeft(challenge, by) }
}

// Counts, compares and consumes in one statement; without an attempt left it finds no row, and nothing is compared.
async function claim(
  db: Kysely<Tables>,
  now: Date,
  { idHash, purpose, subject, by, codeHashes }: Attempt,
): Promise<ChallengeRow | undefined> {
  const isByNumber = by === 'phone_number'
  return db
    .updateTable('phone_auth_challenges')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      attempts_by_number: eb('attempts_by_number', '+', isByNumber ? 1 : 0),
      consumed_at: eb.case().when('code_hash', 'in', codeHashes).then(now.getTime()).else(null).end(),
    }))
    .where('id_hash', '=', idHash)
    .where('purpose', '=', purpose)
    .where('subject', subject === null ? 'is' : '=', subject)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now.getTime())
    .whereRef('attempts', '<', 'max_attempts')
    .$if(isByNumber, (query) => query.whereRef('attempts_by_number', '<', 'max_attempts_by_number'))
    .returningAll()
    .executeTakeFirst()
}

async function findOpen(db: Kysely<Tables>, idHash: string, now: Date): Promise<Challenge | null> {
  const row = await db.selectFrom('phone_auth_challenges').selectAll().where('id_hash', '=', idHash).executeTakeFirst()
  if (row === undefined) return null
  const challenge = challengeOf(row)
  return isOpen(challenge, now) ? challenge : null
}

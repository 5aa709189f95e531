import type { Attempt, DeliveryRecord, OpenRequest, ResendRequest } from '@phone-auth/core/adapters'
import { deliveryRank, isByNumber, MAX_ATTEMPTS_BY_STRANGER } from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import { type ChallengeRow, COLUMNS } from '../schema/tables.ts'
import { columns, insertSelect } from './columns.ts'
import type { Statement, Writing } from './statement.ts'

/** The values of a new challenge. */
export function challengeInput({ challenge, ttlSeconds }: OpenRequest) {
  const { format, ...rest } = challenge
  return { ...rest, alphabet: format.alphabet, length: format.length, ttlSeconds }
}

/** The values of a new challenge that depend on its lane. */
export interface LaneInput {
  readonly lane: string | null
  readonly reservations: string
}

/** Inserts a challenge. The caller adds `from`, `where` and `returning`. */
export function insertSelectChallenge(
  { input, now, dialect }: Writing<ReturnType<typeof challengeInput>>,
  { lane, reservations }: Writing<LaneInput>['input'],
): RawBuilder<unknown> {
  return insertSelect('challenges', {
    id_hash: input.idHash,
    purpose: input.purpose,
    session_id: input.sessionId,
    channel: input.channel,
    phone_number: input.phoneNumber,
    seed: input.seed,
    code_hash: input.codeHash,
    key_id: input.keyId,
    code_alphabet: input.alphabet,
    code_length: input.length,
    max_attempts: input.maxAttempts,
    max_attempts_by_number: input.maxAttemptsByNumber,
    sends: sql`1`,
    max_sends: input.maxSends,
    number_subject: input.numberSubject,
    user_subject: input.userSubject,
    network: input.network,
    lane,
    reservations,
    created_at: now,
    expires_at: dialect.later(now, input.ttlSeconds),
  })
}

/** The values of an attempt. */
export function attemptInput({ idHash, purpose, sessionId, by, codeHashes }: Attempt) {
  return {
    idHash,
    purpose,
    // Not `sessionId`, which is the session that a sign-in inserts.
    boundSessionId: sessionId,
    counted: by === 'code_service' ? 0 : 1,
    byNumber: isByNumber(by) ? 1 : 0,
    byStranger: by === 'stranger' ? 1 : 0,
    codeHashes: JSON.stringify(codeHashes),
  }
}

export type AttemptInput = ReturnType<typeof attemptInput>

/**
 * Counts the attempt, compares the code and consumes the challenge in one statement. If no attempt
 * is left, it finds no row and compares nothing.
 */
export const updateChallengeOnAttempt: Statement<AttemptInput, ChallengeRow> = ({ db, dialect, input, now }) =>
  db
    .updateTable('challenges')
    .set({
      attempts: sql`attempts + ${input.counted}`,
      attempts_by_number: sql`attempts_by_number + ${input.byNumber}`,
      attempts_by_stranger: sql`attempts_by_stranger + ${input.byStranger}`,
      consumed_at: sql`case when code_hash in ${dialect.elements(input.codeHashes)} then ${now} end`,
    })
    .where('id_hash', '=', input.idHash)
    .where('purpose', '=', input.purpose)
    .where('session_id', 'is not distinct from', input.boundSessionId)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now)
    .where(sql<boolean>`(${input.counted} = 0 or attempts < max_attempts)`)
    .where(sql<boolean>`(${input.byNumber} = 0 or attempts_by_number < max_attempts_by_number)`)
    .where(sql<boolean>`(${input.byStranger} = 0 or attempts_by_stranger < ${sql.lit(MAX_ATTEMPTS_BY_STRANGER)})`)
    .returning(COLUMNS.challenges)

/** The values of a delivery note. */
export function deliveryInput(note: DeliveryRecord) {
  const { idHash, send, delivery, handle } = note
  // While the stored rank is below `nextRank`, no later message was recorded.
  const nextRank = deliveryRank({ send: send + 1, delivery: 'unknown' })
  return { idHash, delivery, handle, rank: deliveryRank(note), nextRank }
}

/** Records what is new about a message. If nothing is, it finds no row. */
export const updateDelivery: Statement<ReturnType<typeof deliveryInput>, ChallengeRow> = ({ db, input }) => {
  const isFurther = sql<boolean>`delivery_rank < ${input.rank}`
  const isLatest = sql<boolean>`delivery_rank < ${input.nextRank}`
  const handle = sql<string | null>`coalesce(${input.handle}, handle)`
  return db
    .updateTable('challenges')
    .set({
      delivery: sql`case when ${isFurther} then ${input.delivery} else delivery end`,
      delivery_rank: sql`case when ${isFurther} then ${input.rank} else delivery_rank end`,
      handle: sql`case when ${isLatest} then ${handle} else handle end`,
    })
    .where('id_hash', '=', input.idHash)
    .where(sql<boolean>`(${isFurther} or (${isLatest} and ${handle} is distinct from handle))`)
    .returning(COLUMNS.challenges)
}

/** Ends the open challenges of some numbers. */
export const consumeOpenChallenges: Statement<{ phoneNumbers: string }, never> = ({ db, dialect, input, now }) =>
  db
    .updateTable('challenges')
    .set({ consumed_at: now })
    .where(dialect.isAmong(sql.ref('phone_number'), dialect.elements(input.phoneNumbers)))
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now)

function selectOpenChallenges({ db, now }: Pick<Writing<object>, 'db' | 'now'>) {
  return db
    .selectFrom('challenges')
    .select(COLUMNS.challenges)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now)
}

export const selectOpenChallengeByHash: Statement<{ idHash: string }, ChallengeRow> = (writing) =>
  selectOpenChallenges(writing).where('id_hash', '=', writing.input.idHash)

interface LatestInput {
  readonly phoneNumber: string
  readonly purpose: string
  readonly network: string | null
}

export const selectLatestOpenChallenge: Statement<LatestInput, ChallengeRow> = (writing) =>
  selectOpenChallenges(writing)
    .where('phone_number', '=', writing.input.phoneNumber)
    .where('purpose', '=', writing.input.purpose)
    .orderBy(sql`network is not distinct from ${writing.input.network}`, 'desc')
    .orderBy('created_at', 'desc')
    .limit(1)

/** The values of a resend. */
export function resendInput({ idHash, replacement }: ResendRequest) {
  const { seed = null, codeHash = null, keyId = null } = replacement ?? {}
  return { idHash, seed, codeHash, keyId }
}

/**
 * Counts a message and replaces the code, if there is a replacement. The caller may add conditions.
 */
export function updateSends({ input }: Writing<ReturnType<typeof resendInput>>): RawBuilder<unknown> {
  return sql`
    update ${sql.table('challenges')} set
      sends = sends + 1,
      seed = coalesce(${input.seed}, seed),
      code_hash = coalesce(${input.codeHash}, code_hash),
      key_id = coalesce(${input.keyId}, key_id)
    where id_hash = ${input.idHash}`
}

export const insertChallenge: Statement<ReturnType<typeof challengeInput> & LaneInput, ChallengeRow> = (writing) =>
  sql`${insertSelectChallenge(writing, writing.input)} returning ${columns('challenges')}`

export const updateSendsReturning: Statement<ReturnType<typeof resendInput>, ChallengeRow> = (writing) =>
  sql`${updateSends(writing)} returning ${columns('challenges')}`

import type { PhoneNumber } from '@phone-auth/core'
import type { PhoneChangeOutcome } from '@phone-auth/core/adapters'
import type { SqlDialect } from '../query/dialect.ts'
import { first, type Run } from '../query/run.ts'
import { deleteSessionsByUser } from '../query/sessions.ts'
import { deleteProfile, deleteUser, selectPhoneNumber, selectUserId, updatePhoneNumber } from '../query/users.ts'
import { userOf } from '../schema/rows.ts'
import { OvertakenError } from './database.ts'

/**
 * Gives a user another number. Must run in an atomic step. `beforeUpdate` runs when the change is
 * known to be possible, before the user's row is locked.
 */
export async function changeNumber(
  run: Run,
  id: number,
  phoneNumber: PhoneNumber,
  beforeUpdate?: (previous: string) => Promise<unknown>,
): Promise<PhoneChangeOutcome> {
  const previous = (await first(run(selectPhoneNumber, { id })))?.phone_number
  if (previous === undefined) return { outcome: 'not_found' }
  const owner = await first(run(selectUserId, { phoneNumber }))
  if (owner !== undefined && Number(owner.id) !== id) return { outcome: 'taken' }
  await beforeUpdate?.(previous)
  // The number was read without a lock and must still be the user's.
  const changed = await first(run(updatePhoneNumber, { id, previous, phoneNumber }))
  if (changed === undefined) throw new OvertakenError()
  return { outcome: 'changed', user: userOf(changed), previousPhoneNumber: previous as PhoneNumber }
}

/**
 * The outcome of a change of number: `taken` also if another user took the number at the same time.
 */
export async function orTaken<Outcome>(
  dialect: SqlDialect,
  change: Promise<Outcome>,
): Promise<Outcome | { outcome: 'taken' }> {
  try {
    return await change
  } catch (error) {
    if (dialect.isTaken(error)) return { outcome: 'taken' }
    throw error
  }
}

/**
 * Deletes the rows of a user and returns the ids of the sessions that were live. Must run in an
 * atomic step.
 *
 * It does not rely on `ON DELETE CASCADE`, because SQLite follows it only on connections that
 * enable it.
 */
export async function deleteUserRows(run: Run, id: number): Promise<string[]> {
  const { rows } = await run(deleteSessionsByUser, { userId: id })
  await run(deleteProfile, { userId: id })
  await run(deleteUser, { id })
  return rows.filter(({ is_live: isLive }) => Boolean(isLive)).map((row) => row.id)
}

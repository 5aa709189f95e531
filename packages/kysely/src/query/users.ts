import { type RawBuilder, sql } from 'kysely'
import type { JoinedRow, ProfileColumns } from '../schema/rows.ts'
import { COLUMNS, type ProfileRow, type UserRow } from '../schema/tables.ts'
import { columns, insertSelect } from './columns.ts'
import type { Statement, Writing } from './statement.ts'

function selectJoinedUser({ dialect }: Writing<object>, condition: RawBuilder<unknown>): RawBuilder<JoinedRow> {
  return sql`
    select ${dialect.joined('users', 'account')}, ${dialect.joined('profiles', 'profile')}
    from ${sql.table('users')} as account join ${sql.table('profiles')} as profile on profile.user_id = account.id
    where ${condition}`
}

export const selectUserById: Statement<{ id: number }, JoinedRow> = (writing) =>
  selectJoinedUser(writing, sql`account.id = ${writing.input.id}`)

export const selectUserByPhoneNumber: Statement<{ phoneNumber: string }, JoinedRow> = (writing) =>
  selectJoinedUser(writing, sql`account.phone_number = ${writing.input.phoneNumber}`)

/** Finds a live session together with its user. */
export const selectSessionWithUser: Statement<{ id: string }, JoinedRow> = ({ dialect, input, now }) => sql`
  select ${dialect.joined('sessions', 'session')}, ${dialect.joined('users', 'account')}, ${dialect.joined('profiles', 'profile')}
  from ${sql.table('sessions')} as session
    join ${sql.table('users')} as account on account.id = session.user_id
    join ${sql.table('profiles')} as profile on profile.user_id = account.id
  where session.id = ${input.id} and session.revoked_at is null and session.expires_at > ${now}`

/** Finds a user by id, for a step that then changes the profile. */
export const selectUserForUpdate: Statement<{ id: number }, JoinedRow> = (writing) =>
  sql`${selectJoinedUser(writing, sql`account.id = ${writing.input.id}`)} ${writing.dialect.locksRows ? sql`for update of profile` : sql``}`

/** Records the sign-in of a known user, unless the user is inactive. The caller adds `where`. */
export function signInAssignments({ now }: Writing<object>): RawBuilder<unknown> {
  return sql`
    verified_at = case when account.is_active then ${now} else account.verified_at end,
    previously_verified_at = case when account.is_active then account.verified_at else account.previously_verified_at end,
    last_signed_in_at = case when account.is_active then ${now} else account.last_signed_in_at end`
}

/** Inserts the user of a number. The caller adds `from`, `where` and `returning`. */
export function insertSelectUser(
  { now }: Writing<object>,
  phoneNumber: RawBuilder<unknown>,
  alias?: string,
): RawBuilder<unknown> {
  const values = {
    phone_number: phoneNumber,
    is_active: sql`true`,
    verified_at: now,
    created_at: now,
    last_signed_in_at: now,
  }
  return insertSelect('users', values, alias)
}

/** Inserts an empty profile. The caller adds `from`, `where` and `returning`. */
export function insertSelectProfile({ now }: Writing<object>, userId: RawBuilder<unknown>): RawBuilder<unknown> {
  return insertSelect('profiles', { user_id: userId, extra: sql`'{}'`, created_at: now, updated_at: now })
}

export const updateUserOnSignIn: Statement<{ phoneNumber: string }, UserRow> = (writing) => sql`
  update ${sql.table('users')} as account set ${signInAssignments(writing)}
  where phone_number = ${writing.input.phoneNumber}
  returning ${columns('users')}`

export const insertUser: Statement<{ phoneNumber: string }, UserRow> = (writing) =>
  sql`${insertSelectUser(writing, writing.input.phoneNumber)} returning ${columns('users')}`

export const selectProfile: Statement<{ userId: number }, ProfileRow> = ({ db, input }) =>
  db.selectFrom('profiles').select(COLUMNS.profiles).where('user_id', '=', input.userId)

export const insertProfile: Statement<{ userId: number }, ProfileRow> = (writing) =>
  sql`${insertSelectProfile(writing, writing.input.userId)} returning ${columns('profiles')}`

export const selectPhoneNumber: Statement<{ id: number }, { phone_number: string }> = ({ db, input }) =>
  db.selectFrom('users').select('phone_number').where('id', '=', input.id)

export const selectUserId: Statement<{ phoneNumber: string }, { id: number | string }> = ({ db, input }) =>
  db.selectFrom('users').select('id').where('phone_number', '=', input.phoneNumber)

export const updateProfile: Statement<ProfileColumns & { userId: number }, ProfileRow> = ({ db, input, now }) =>
  db
    .updateTable('profiles')
    .set({
      name: input.name,
      email: input.email,
      bio: input.bio,
      location: input.location,
      birth_date: input.birth_date,
      avatar: input.avatar,
      extra: input.extra,
      updated_at: now,
    })
    .where('user_id', '=', input.userId)
    .returning(COLUMNS.profiles)

const updateIsActive =
  (isActive: boolean): Statement<{ id: number }, UserRow> =>
  ({ db, dialect, input }) => {
    const user = db.selectFrom('users').select('id').where('id', '=', input.id)
    return (
      db
        .updateTable('users')
        .set({ is_active: isActive ? sql`true` : sql`false` })
        // The update alone would let other transactions insert sessions of the user meanwhile.
        .where(dialect.isAmong(sql.ref('id'), sql`${dialect.locksRows ? user.forUpdate() : user}`))
        .returning(COLUMNS.users)
    )
  }

export const activateUser = updateIsActive(true)
export const deactivateUser = updateIsActive(false)

/** Replaces the number of a user by another one that was just verified. */
export const updatePhoneNumber: Statement<{ id: number; previous: string; phoneNumber: string }, UserRow> = ({
  db,
  input,
  now,
}) =>
  db
    .updateTable('users')
    .set({ phone_number: input.phoneNumber, verified_at: now, previously_verified_at: sql`verified_at` })
    .where('id', '=', input.id)
    .where('phone_number', '=', input.previous)
    .returning(COLUMNS.users)

export const deleteProfile: Statement<{ userId: number }, never> = ({ db, input }) =>
  db.deleteFrom('profiles').where('user_id', '=', input.userId)

export const deleteUser: Statement<{ id: number }, never> = ({ db, input }) =>
  db.deleteFrom('users').where('id', '=', input.id)

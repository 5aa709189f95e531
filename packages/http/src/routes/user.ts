import {
  type AnyPhoneAuth,
  InvalidProfileError,
  isPhoneAuthError,
  type ProfileIssue,
  type ProfileSchema,
} from '@phone-auth/core'
import { done, json } from '../answers/answer.ts'
import { nameAndEmail, wireProfile } from '../answers/profile.ts'
import { readBody } from '../requests/body.ts'
import { profileInput } from '../requests/profile-input.ts'
import { completeProfileBody, updateProfileBody } from '../requests/schemas.ts'
import type { TokenTransport } from '../token-transport/transport.ts'
import { wirePath } from '../wire/names.ts'
import type { Route } from './route.ts'

/** The routes for the profile of a signed-in user, and for deleting the account. */
export function userRoutes(auth: AnyPhoneAuth, transport: TokenTransport): Route[] {
  const { schema } = auth.profile

  return [
    {
      method: 'POST',
      path: '/auth/complete-profile',
      answer: async (call) => {
        const accessToken = transport.accessToken(call)
        const { phone_number: phoneNumber, ...body } = await readBody(call, completeProfileBody)
        const profile = profileInput(body, schema)
        const result = await withWirePaths(schema, auth.completeProfile({ accessToken, phoneNumber, profile }))
        return done('Profile completed successfully', {
          user_id: result.user.id,
          profile_id: result.profileId,
          ...nameAndEmail(result.profile),
          phone_number: result.user.phoneNumber,
        })
      },
    },
    {
      method: 'GET',
      path: '/auth/profile',
      answer: async (call) =>
        json(wireProfile(await auth.getProfile({ accessToken: transport.accessToken(call) }), schema)),
    },
    {
      method: 'PATCH',
      path: '/auth/profile',
      answer: async (call) => {
        const accessToken = transport.accessToken(call)
        const profile = profileInput(await readBody(call, updateProfileBody), schema)
        return json(wireProfile(await withWirePaths(schema, auth.updateProfile({ accessToken, profile })), schema))
      },
    },
    {
      method: 'DELETE',
      path: '/auth/account',
      answer: async (call) => {
        await auth.deleteUser({ accessToken: transport.accessToken(call) })
        return { ...done('Account deleted'), cookies: transport.cleared }
      },
    },
  ]
}

/** Renames the fields in an `InvalidProfileError` of `saving` to their JSON names. */
async function withWirePaths<Result>(schema: ProfileSchema, saving: Promise<Result>): Promise<Result> {
  try {
    return await saving
  } catch (error) {
    if (!isPhoneAuthError(error) || error.code !== 'invalid_profile') throw error
    const [first, ...rest] = error.issues
    const renamedIssue = ({ field, message }: ProfileIssue) => ({ field: wirePath(field, [schema]), message })
    throw new InvalidProfileError([renamedIssue(first), ...rest.map(renamedIssue)])
  }
}

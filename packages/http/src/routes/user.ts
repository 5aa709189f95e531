import type { AnyPhoneAuth } from '@phone-auth/core'
import { done, json } from '../answers/answer.ts'
import { nameAndEmail, wireProfile } from '../answers/profile.ts'
import { readBody } from '../requests/body.ts'
import { profileInput } from '../requests/profile-input.ts'
import { completeProfileBody, updateProfileBody } from '../requests/schemas.ts'
import type { TokenTransport } from '../token-transport/transport.ts'
import type { Route } from './route.ts'

/** The routes for the profile of a signed-in user, and for deleting the account. */
export function userRoutes(auth: AnyPhoneAuth, transport: TokenTransport): Route[] {
  const fields = Object.keys(auth.profile.schema.shape)

  return [
    {
      method: 'POST',
      path: '/auth/complete-profile',
      answer: async (call) => {
        const accessToken = transport.accessToken(call)
        const { phone_number: phoneNumber, ...body } = await readBody(call, completeProfileBody)
        const result = await auth.completeProfile({ accessToken, phoneNumber, profile: profileInput(body, fields) })
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
        json(wireProfile(await auth.getProfile({ accessToken: transport.accessToken(call) }), fields)),
    },
    {
      method: 'PATCH',
      path: '/auth/profile',
      answer: async (call) => {
        const accessToken = transport.accessToken(call)
        const profile = profileInput(await readBody(call, updateProfileBody), fields)
        return json(wireProfile(await auth.updateProfile({ accessToken, profile }), fields))
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

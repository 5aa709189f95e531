import {
  type AuthenticateResult,
  isPhoneAuthError,
  type PhoneAuth,
  type PhoneAuthErrorCode,
  type ProfileResult,
} from '@phone-auth/core'
import { readBody } from './body.ts'
import { done, type HttpCall, json, type Route } from './call.ts'
import { completeProfileBody, updateProfileBody } from './schemas.ts'
import type { TokenTransport } from './token-transport.ts'
import { profileInput, snakeCase } from './wire-names.ts'

/** What a signed-in user does with the own account. */
export function signedInRoutes<Profile extends object>(auth: PhoneAuth<Profile>, transport: TokenTransport): Route[] {
  const fields = Object.keys(auth.profile.schema.shape)
  const authenticate = (call: HttpCall): Promise<AuthenticateResult> => auth.authenticate(transport.accessToken(call))

  return [
    {
      method: 'POST',
      path: '/auth/complete-profile',
      answer: async (call) => {
        const { userId } = await authenticate(call)
        const { phone_number: phoneNumber, ...body } = await readBody(call, completeProfileBody)
        const result = await auth.completeProfile({ userId, phoneNumber, profile: profileInput(body, fields) })
        const { name = null, email = null } = result.profile as { name?: unknown; email?: unknown }
        return json({
          success: true,
          message: 'Profile completed successfully',
          data: {
            user_id: result.user.id,
            profile_id: result.profileId,
            name,
            email,
            phone_number: result.user.phoneNumber,
          },
          token: null,
        })
      },
    },
    {
      method: 'GET',
      path: '/auth/profile',
      answer: async (call) =>
        json(bareProfile(await auth.getProfile({ accessToken: transport.accessToken(call) }), fields)),
    },
    {
      method: 'PATCH',
      path: '/auth/profile',
      answer: async (call) => {
        const { userId } = await authenticate(call)
        const body = await readBody(call, updateProfileBody)
        const changes = profileInput(body, fields)
        return json(bareProfile(await auth.updateProfile({ userId, changes }), fields))
      },
    },
    {
      method: 'POST',
      path: '/auth/logout',
      answer: async (call) => {
        await logout(auth, transport, call)
        return { ...done('Logged out successfully'), cookies: transport.cleared }
      },
    },
  ]
}

// A browser drops its access token when that is over, and must be able to log out all the same; also of a session that has ended already.
async function logout<Profile extends object>(auth: PhoneAuth<Profile>, transport: TokenTransport, call: HttpCall) {
  const refreshToken = transport.lastingToken(call)
  try {
    await auth.logout(transport.accessToken(call))
  } catch (error) {
    if (refreshToken === undefined || !isOver(error)) throw error
    await auth
      .refresh(refreshToken)
      .then(({ accessToken }) => auth.logout(accessToken))
      .catch((failed: unknown) => {
        if (!isOver(failed)) throw failed
      })
  }
}

const OVER: readonly string[] = [
  'access_token_expired',
  'invalid_access_token',
  'invalid_refresh_token',
  'refresh_token_reused',
] satisfies PhoneAuthErrorCode[]

function isOver(error: unknown): boolean {
  return isPhoneAuthError(error) && OVER.includes(error.code)
}

function bareProfile<Profile extends object>(result: ProfileResult<Profile>, fields: readonly string[]) {
  const { user, profileId, createdAt, updatedAt } = result
  const profile = result.profile as Record<string, unknown>
  const own = Object.fromEntries(fields.map((field) => [snakeCase(field), profile[field] ?? null]))
  return {
    id: profileId,
    ...own,
    phone_number: user.phoneNumber,
    is_verified: user.verifiedAt !== null,
    is_active: user.isActive,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  }
}

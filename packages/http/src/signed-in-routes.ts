import { type AuthenticateResult, InvalidAccessTokenError, type PhoneAuth, type ProfileResult } from '@phone-auth/core'
import { Hono } from 'hono'
import { readBody } from './body.ts'
import type { RouteEnvironment } from './environment.ts'
import { completeProfileBody, updateProfileBody } from './schemas.ts'
import { profileInput, snakeCase } from './wire-names.ts'

/** What a signed-in user does with the own account. */
export function signedInRoutes<Profile extends object>(auth: PhoneAuth<Profile>): Hono<RouteEnvironment> {
  const routes = new Hono<RouteEnvironment>()
  const fields = Object.keys(auth.profile.schema.shape)
  const authenticate = (request: Request): Promise<AuthenticateResult> => auth.authenticate(bearerToken(request))

  routes.post('/complete-profile', async (context) => {
    const { userId } = await authenticate(context.req.raw)
    const { phone_number: phoneNumber, ...body } = await readBody(context.req.raw, completeProfileBody)
    const result = await auth.completeProfile({ userId, phoneNumber, profile: profileInput(body, fields) })
    const { name = null, email = null } = result.profile as { name?: unknown; email?: unknown }
    return context.json({
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
  })

  routes.get('/profile', async (context) => {
    const { userId } = await authenticate(context.req.raw)
    return context.json(bareProfile(await auth.getProfile(userId), fields))
  })

  routes.patch('/profile', async (context) => {
    const { userId } = await authenticate(context.req.raw)
    const body = await readBody(context.req.raw, updateProfileBody)
    return context.json(bareProfile(await auth.updateProfile({ userId, changes: profileInput(body, fields) }), fields))
  })

  routes.post('/logout', async (context) => {
    await auth.logout(bearerToken(context.req.raw))
    return context.json({ success: true, message: 'Logged out successfully', data: null, token: null })
  })

  return routes
}

// RFC 6750 section 2.1: the header is the one place a token is taken from; in a URL it would reach logs.
function bearerToken(request: Request): string {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (token === undefined) throw new InvalidAccessTokenError()
  return token
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

import type { ChallengeReference, PhoneAuth, ResendResult } from '@phone-auth/core'
import { Hono } from 'hono'
import { readBody } from './body.ts'
import type { RouteEnvironment } from './environment.ts'
import { HttpError } from './errors.ts'
import { refreshBody, resendBody, startBody, verifyBody } from './schemas.ts'

/** Sign-up and login: the same steps under two names. */
export function signInRoutes<Profile extends object>(auth: PhoneAuth<Profile>): Hono<RouteEnvironment> {
  const routes = new Hono<RouteEnvironment>()

  routes.on('POST', ['/signup', '/login'], async (context) => {
    const { phone_number: phoneNumber } = await readBody(context.req.raw, startBody)
    return context.json(codeSent(await auth.start({ phoneNumber, ip: context.get('ip') })))
  })

  routes.post('/resend', async (context) => {
    const body = await readBody(context.req.raw, resendBody)
    return context.json(codeSent(await auth.resend({ ...challengeReference(body), ip: context.get('ip') })))
  })

  const verify = async (request: Request, ip: string | undefined) => {
    const body = await readBody(request, verifyBody)
    const userAgent = request.headers.get('user-agent') ?? undefined
    return auth.verify({ ...challengeReference(body), code: body.otp_code, ip, userAgent })
  }

  routes.post('/verify-otp', async (context) => {
    const { user, needsProfileCompletion, ...tokens } = await verify(context.req.raw, context.get('ip'))
    return context.json({
      success: true,
      message: `OTP verified successfully. ${needsProfileCompletion ? 'Please complete your profile.' : 'You are logged in.'}`,
      data: { user_id: user.id, phone_number: user.phoneNumber, needs_profile_completion: needsProfileCompletion },
      ...tokenFields(tokens),
    })
  })

  routes.post('/verify-login', async (context) => {
    const { user, profile, needsProfileCompletion, ...tokens } = await verify(context.req.raw, context.get('ip'))
    const { name = null, email = null } = profile as { name?: unknown; email?: unknown }
    return context.json({
      success: true,
      message: 'Login successful',
      data: {
        user_id: user.id,
        phone_number: user.phoneNumber,
        name,
        email,
        is_verified: user.verifiedAt !== null,
        needs_profile_completion: needsProfileCompletion,
      },
      ...tokenFields(tokens),
    })
  })

  routes.post('/refresh', async (context) => {
    const { refresh_token: refreshToken } = await readBody(context.req.raw, refreshBody)
    const tokens = await auth.refresh(refreshToken)
    return context.json({ success: true, message: 'Token refreshed successfully', data: null, ...tokenFields(tokens) })
  })

  return routes
}

// The id, where it is given, names the challenge; a number beside it is the client's own note and decides nothing.
function challengeReference(body: {
  challenge_id?: string | undefined
  phone_number?: string | undefined
}): ChallengeReference {
  if (body.challenge_id !== undefined) return { challengeId: body.challenge_id }
  if (body.phone_number !== undefined) return { phoneNumber: body.phone_number }
  throw new HttpError('invalid_input', 'phone_number or challenge_id must be given.', 'phone_number')
}

function codeSent({ phoneNumber, challengeId, expiresAt, resendAt }: ResendResult) {
  return {
    success: true,
    message: 'OTP sent successfully to your phone number',
    data: {
      phone_number: phoneNumber,
      challenge_id: challengeId,
      expires_at: expiresAt.toISOString(),
      resend_at: resendAt?.toISOString() ?? null,
    },
    token: null,
  }
}

function tokenFields(tokens: { accessToken: string; refreshToken: string; expiresInSeconds: number }) {
  return { token: tokens.accessToken, refresh_token: tokens.refreshToken, expires_in: tokens.expiresInSeconds }
}

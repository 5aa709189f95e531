import type { ChallengeReference, PhoneAuth, ResendResult } from '@phone-auth/core'
import { readBody } from './body.ts'
import { type HttpCall, json, type Route } from './call.ts'
import { HttpError } from './errors.ts'
import { languagesOf } from './languages.ts'
import { resendBody, startBody, verifyBody } from './schemas.ts'
import type { HandedTokens, TokenTransport } from './token-transport.ts'

/** Sign-up and login: the same steps under two names. */
export function signInRoutes<Profile extends object>(auth: PhoneAuth<Profile>, transport: TokenTransport): Route[] {
  const start = async (call: HttpCall, ip: string | undefined) => {
    const { phone_number: phoneNumber } = await readBody(call, startBody)
    return json(codeSent(await auth.start({ phoneNumber, ip, locale: languagesOf(call) })))
  }

  const verify = async (call: HttpCall, ip: string | undefined) => {
    const body = await readBody(call, verifyBody)
    const userAgent = call.headers.get('user-agent') ?? undefined
    return auth.verify({ ...challengeReference(body), code: body.otp_code, ip, userAgent })
  }

  return [
    { method: 'POST', path: '/auth/signup', answer: start },
    { method: 'POST', path: '/auth/login', answer: start },
    {
      method: 'POST',
      path: '/auth/resend',
      answer: async (call, ip) => {
        const body = await readBody(call, resendBody)
        return json(codeSent(await auth.resend({ ...challengeReference(body), ip, locale: languagesOf(call) })))
      },
    },
    {
      method: 'POST',
      path: '/auth/verify-otp',
      answer: async (call, ip) => {
        const { user, needsProfileCompletion, ...tokens } = await verify(call, ip)
        return withTokens(transport.hand(tokens), {
          message: `OTP verified successfully. ${needsProfileCompletion ? 'Please complete your profile.' : 'You are logged in.'}`,
          data: {
            user_id: user.id,
            phone_number: user.phoneNumber,
            needs_profile_completion: needsProfileCompletion,
          },
        })
      },
    },
    {
      method: 'POST',
      path: '/auth/verify-login',
      answer: async (call, ip) => {
        const { user, profile, needsProfileCompletion, ...tokens } = await verify(call, ip)
        const { name = null, email = null } = profile as { name?: unknown; email?: unknown }
        return withTokens(transport.hand(tokens), {
          message: 'Login successful',
          data: {
            user_id: user.id,
            phone_number: user.phoneNumber,
            name,
            email,
            is_verified: user.verifiedAt !== null,
            needs_profile_completion: needsProfileCompletion,
          },
        })
      },
    },
    {
      method: 'POST',
      path: '/auth/refresh',
      answer: async (call) => {
        const tokens = await auth.refresh(await transport.refreshToken(call))
        return withTokens(transport.hand(tokens), { message: 'Token refreshed successfully', data: null })
      },
    },
  ]
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

/** The answer to whoever started a challenge. */
export function codeSent({ phoneNumber, challengeId, expiresAt, resendAt }: ResendResult) {
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

/** An answer that hands out tokens. */
export function withTokens({ fields, cookies }: HandedTokens, { message, data }: { message: string; data: unknown }) {
  return { ...json({ success: true, message, data, ...fields }), cookies }
}

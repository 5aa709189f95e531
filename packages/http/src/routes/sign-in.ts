import type { AnyPhoneAuth, ChallengeReference } from '@phone-auth/core'
import { codeSent } from '../answers/challenge.ts'
import { nameAndEmail } from '../answers/profile.ts'
import { withTokens } from '../answers/tokens.ts'
import { HttpError } from '../errors/http-error.ts'
import { readBody } from '../requests/body.ts'
import type { HttpCall } from '../requests/call.ts'
import { languagesOf } from '../requests/languages.ts'
import { resendBody, startBody, verifyBody } from '../requests/schemas.ts'
import type { TokenTransport } from '../token-transport/transport.ts'
import type { Route } from './route.ts'

/** The routes for sign-up and login, which take the same steps. */
export function signInRoutes(auth: AnyPhoneAuth, transport: TokenTransport): Route[] {
  const start: Route['answer'] = async (call, ip) => {
    const { phone_number: phoneNumber, device_token: deviceToken } = await readBody(call, startBody)
    return codeSent(await auth.start({ phoneNumber, deviceToken, ip, locale: languagesOf(call) }))
  }

  const verify = async (call: HttpCall, ip: string | undefined) => {
    const body = await readBody(call, verifyBody)
    const userAgent = call.headers.get('user-agent') ?? undefined
    const { otp_code: code, device_token: deviceToken } = body
    return auth.verify({ ...challengeReference(body), code, deviceToken, ip, userAgent })
  }

  return [
    { method: 'POST', path: '/auth/signup', answer: start },
    { method: 'POST', path: '/auth/login', answer: start },
    {
      method: 'POST',
      path: '/auth/resend',
      answer: async (call, ip) => {
        const body = await readBody(call, resendBody)
        return codeSent(await auth.resend({ ...challengeReference(body), ip, locale: languagesOf(call) }))
      },
    },
    {
      method: 'POST',
      path: '/auth/verify-otp',
      answer: async (call, ip) => {
        const { user, needsProfileCompletion, deviceToken, ...tokens } = await verify(call, ip)
        return withTokens(transport.hand(tokens), {
          message: `OTP verified successfully. ${needsProfileCompletion ? 'Please complete your profile.' : 'You are logged in.'}`,
          data: {
            user_id: user.id,
            phone_number: user.phoneNumber,
            needs_profile_completion: needsProfileCompletion,
          },
          deviceToken,
        })
      },
    },
    {
      method: 'POST',
      path: '/auth/verify-login',
      answer: async (call, ip) => {
        const { user, profile, needsProfileCompletion, deviceToken, ...tokens } = await verify(call, ip)
        return withTokens(transport.hand(tokens), {
          message: 'Login successful',
          data: {
            user_id: user.id,
            phone_number: user.phoneNumber,
            ...nameAndEmail(profile),
            is_verified: user.verifiedAt !== null,
            needs_profile_completion: needsProfileCompletion,
          },
          deviceToken,
        })
      },
    },
  ]
}

function challengeReference(body: {
  challenge_id?: string | undefined
  phone_number?: string | undefined
}): ChallengeReference {
  const { challenge_id: challengeId, phone_number: phoneNumber } = body
  if (challengeId !== undefined) return { challengeId, phoneNumber }
  if (phoneNumber !== undefined) return { phoneNumber }
  throw new HttpError('invalid_input', 'phone_number or challenge_id is required.', 'phone_number')
}

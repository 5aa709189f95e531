import type { AnyPhoneAuth } from '@phone-auth/core'
import { done } from '../answers/answer.ts'
import { codeSent } from '../answers/challenge.ts'
import { readBody } from '../requests/body.ts'
import { languagesOf } from '../requests/languages.ts'
import { changePhoneBody, verifySignedInBody } from '../requests/schemas.ts'
import type { TokenTransport } from '../token-transport/transport.ts'
import type { Route } from './route.ts'

/** The routes by which a signed-in user changes the phone number. */
export function phoneChangeRoutes(auth: AnyPhoneAuth, transport: TokenTransport): Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/change-phone',
      answer: async (call, ip) => {
        const accessToken = transport.accessToken(call)
        const { phone_number: phoneNumber } = await readBody(call, changePhoneBody)
        return codeSent(await auth.startPhoneChange({ accessToken, phoneNumber, ip, locale: languagesOf(call) }))
      },
    },
    {
      method: 'POST',
      path: '/auth/verify-change-phone',
      answer: async (call, ip) => {
        const accessToken = transport.accessToken(call)
        const { challenge_id: challengeId, otp_code: code } = await readBody(call, verifySignedInBody)
        const { user } = await auth.verifyPhoneChange({ accessToken, challengeId, code, ip })
        return done('Phone number changed successfully', { phone_number: user.phoneNumber })
      },
    },
  ]
}

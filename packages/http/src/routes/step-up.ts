import type { AnyPhoneAuth } from '@phone-auth/core'
import { codeSent } from '../answers/challenge.ts'
import { withTokens } from '../answers/tokens.ts'
import { readBody } from '../requests/body.ts'
import { languagesOf } from '../requests/languages.ts'
import { verifySignedInBody } from '../requests/schemas.ts'
import type { TokenTransport } from '../token-transport/transport.ts'
import type { Route } from './route.ts'

/** The routes by which a signed-in user verifies the phone number again. */
export function stepUpRoutes(auth: AnyPhoneAuth, transport: TokenTransport): Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/step-up',
      answer: async (call, ip) =>
        codeSent(await auth.startStepUp({ accessToken: transport.accessToken(call), ip, locale: languagesOf(call) })),
    },
    {
      method: 'POST',
      path: '/auth/verify-step-up',
      answer: async (call, ip) => {
        const accessToken = transport.accessToken(call)
        const { challenge_id: challengeId, otp_code: code } = await readBody(call, verifySignedInBody)
        const tokens = await auth.verifyStepUp({ accessToken, challengeId, code, ip })
        return withTokens(transport.hand(tokens), { message: 'OTP verified successfully', data: null })
      },
    },
  ]
}

import type { PhoneAuth, SessionInfo } from '@phone-auth/core'
import { readBody, readOptionalBody } from './body.ts'
import { done, type HttpCall, json, type Route } from './call.ts'
import { languagesOf } from './languages.ts'
import { changePhoneBody, logoutAllBody, verifySignedInBody } from './schemas.ts'
import { codeSent, withTokens } from './sign-in-routes.ts'
import type { TokenTransport } from './token-transport.ts'

/** What a signed-in user does with sessions, number and account. */
export function accountRoutes<Profile extends object>(auth: PhoneAuth<Profile>, transport: TokenTransport): Route[] {
  const submitted = async (call: HttpCall, ip: string | undefined) => {
    const accessToken = transport.accessToken(call)
    const { challenge_id: challengeId, otp_code: code } = await readBody(call, verifySignedInBody)
    return { accessToken, challengeId, code, ip }
  }

  return [
    {
      method: 'GET',
      path: '/auth/sessions',
      answer: async (call) => {
        const sessions = await auth.listSessions({ accessToken: transport.accessToken(call) })
        return done('Your sessions', { sessions: sessions.map(wireSession) })
      },
    },
    {
      method: 'DELETE',
      path: '/auth/sessions/:id',
      answer: async (call, _ip, { id = '' }) => {
        const accessToken = transport.accessToken(call)
        const { sessionId } = await auth.authenticate(accessToken)
        await auth.revokeSession({ accessToken }, id)
        return { ...done('Session ended'), cookies: id === sessionId ? transport.cleared : [] }
      },
    },
    {
      method: 'POST',
      path: '/auth/logout-all',
      answer: async (call) => {
        const accessToken = transport.accessToken(call)
        const { keep_current: keepCurrent = false } = await readOptionalBody(call, logoutAllBody)
        const ended = await auth.logoutAll({ accessToken }, { keepCurrent })
        const answer = done(keepCurrent ? 'Logged out everywhere else' : 'Logged out everywhere', {
          sessions_ended: ended,
        })
        return keepCurrent ? answer : { ...answer, cookies: transport.cleared }
      },
    },
    {
      method: 'POST',
      path: '/auth/step-up',
      answer: async (call, ip) =>
        json(
          codeSent(await auth.startStepUp({ accessToken: transport.accessToken(call), ip, locale: languagesOf(call) })),
        ),
    },
    {
      method: 'POST',
      path: '/auth/verify-step-up',
      answer: async (call, ip) => {
        const tokens = await auth.verifyStepUp(await submitted(call, ip))
        return withTokens(transport.hand(tokens), { message: 'OTP verified successfully', data: null })
      },
    },
    {
      method: 'POST',
      path: '/auth/change-phone',
      answer: async (call, ip) => {
        const accessToken = transport.accessToken(call)
        const { phone_number: phoneNumber } = await readBody(call, changePhoneBody)
        return json(codeSent(await auth.startPhoneChange({ accessToken, phoneNumber, ip, locale: languagesOf(call) })))
      },
    },
    {
      method: 'POST',
      path: '/auth/verify-change-phone',
      answer: async (call, ip) => {
        const { phoneNumber } = await auth.verifyPhoneChange(await submitted(call, ip))
        return done('Phone number changed successfully', { phone_number: phoneNumber })
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

function wireSession({ id, device, network, createdAt, lastUsedAt, expiresAt, isCurrent }: SessionInfo) {
  return {
    id,
    device,
    network,
    created_at: createdAt.toISOString(),
    last_used_at: lastUsedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    is_current: isCurrent,
  }
}

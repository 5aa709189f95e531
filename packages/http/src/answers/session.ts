import type { SessionInfo } from '@phone-auth/core'

/** A session as JSON. */
export function wireSession({ id, device, network, createdAt, lastUsedAt, expiresAt, isCurrent }: SessionInfo) {
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

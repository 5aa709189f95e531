import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@phone-auth/test-servers/postgres'

// For "localhost" and 127.0.0.1, signed by itself, valid until 2120.
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBVTCB/KADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEi31rdclfxymExIuI
PaIl0dKE+79w0UPT2gtBTE0MFgHkz7FkMSGap3XejndEj21cixglLvaXrosZudQc
1I+zP6M9MDswGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBR2
HZ+qKABHYLcm37JNo9faKDROnDAKBggqhkjOPQQDAgNIADBFAiEAq7cK5GSWppgD
LVb0j5f5mLEtDYc3Qb1ye24ssMcHcAECIBsjCqf9x0adGe2eINmyc+MvCyOgHp+D
Q5Gp3Kycfp3y
-----END CERTIFICATE-----
`
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJmnghTRysayQ9gfS
lAHWxD+VNr8Y/cNdxnPWqAouwZ+hRANCAASLfWt1yV/HKYTEi4g9oiXR0oT7v3DR
Q9PaC0FMTQwWAeTPsWQxIZqndd6Od0SPbVyLGCUu9peuixm51BzUj7M/
-----END PRIVATE KEY-----
`

/** A server with a certificate that it has signed itself, and with a socket in `folder`. */
export interface TlsServer {
  readonly url: string
  readonly folder: string
  /** The file that contains the certificate. */
  readonly certificate: string
  stop(): Promise<void>
}

/** Starts a {@link TlsServer}. */
export async function startTlsServer(): Promise<TlsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'phone-auth-tls-'))
  // The server may run as another user.
  chmodSync(folder, 0o777)
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  writeFileSync(certificate, CERTIFICATE)
  writeFileSync(key, KEY, { mode: 0o600 })
  if (process.getuid?.() === 0) execFileSync('chown', ['nobody', key])
  const settings = [
    'ssl=on',
    `ssl_cert_file=${certificate}`,
    `ssl_key_file=${key}`,
    `unix_socket_directories=${folder}`,
  ]
  const server = await startPostgres(settings.flatMap((setting) => ['-c', setting]))
  return {
    url: server.url,
    folder,
    certificate,
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

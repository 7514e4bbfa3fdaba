-- A certificate for localhost, 127.0.0.1 and ::1, and its key. wss_server.lua and wss_client.lua require
-- this file; it prints nothing when it is run.
--
-- FOR TESTS ONLY: the key is public, so the certificate proves nothing. Never trust it outside of a test
-- and never serve it to anybody else. It is valid from 2024 to 2124. One of your own, from today on:
--
--   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem \
--     -days 36525 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
return {
	cert = [[
-----BEGIN CERTIFICATE-----
MIIBnzCCAUagAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjQwMTAxMDAwMDAwWhgPMjEyNDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBn9niTQxtUP45Oj
HrW5qdVwruJ38yMfXugCIrLXkCNu3ezrMEXP24Zg1fmo9WTVyaAOlU/xthQ0acbK
vMWyOtajgYYwgYMwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAoQwEwYD
VR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFGhr07gKtOTQnUaqaCiNx4s93wq5
MCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAAAAAAAAAAATAK
BggqhkjOPQQDAgNHADBEAiBlLtH3MV400pGXpGuqhbZ9q6wsD/+JSO4H7CIA2JPh
XgIgXQVEAB6wPVb9VjwmbOBFKI2pSqHgkyQEAZ1zd+hPeiM=
-----END CERTIFICATE-----
]],
	key = [[
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeGsJUbSfcHvz6DJY
vlSPNZcbGdE528Oen8M4GsvhYpihRANCAAQZ/Z4k0MbVD+OTox61uanVcK7id/Mj
H17oAiKy15Ajbt3s6zBFz9uGYNX5qPVk1cmgDpVP8bYUNGnGyrzFsjrW
-----END PRIVATE KEY-----
]],
}

import HTTPTesting
import TestSupport

/// A server that wants a login, a configuration that names it (`far`), and a browser.
struct LoginPlace {
  let server: OAuthServer
  let folder: TemporaryFolder

  init() throws {
    server = try OAuthServer()
    folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    try folder.makeFolder("state")
    try folder.write(
      RemoteRun.manifest(url: server.http.url + "/mcp", more: ["limits: {timeout: 20s}"]),
      to: "manifests/far.yaml")
    // Follows redirects.
    try folder.write(
      """
      #!/usr/bin/python3
      import sys, urllib.request
      urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=20).read()

      """, to: "browser", mode: 0o700)
  }
}

import CCurl
import Glibc
import Loop
import Resilience

/// One of libcurl's easy handles: what carries a request. It is used again for later requests of
/// the same client, so most options are set once.
@EventLoop
final class CurlEasy {
  let handle: UnsafeMutableRawPointer
  /// The request it carries now.
  var transfer: HTTPTransfer?
  /// How often the request was begun to be sent; more than once after a kept connection failed.
  var attempts = 0
  /// An address was not connected to because of where it lies.
  var hasRefusedAddress = false
  /// The generation of addresses that libcurl was told of with this handle.
  private(set) var addressGeneration = 0

  unowned let multi: CurlMulti
  let origin: HTTPOrigin
  private let table: UnsafePointer<curl_table>
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var addresses: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// Bodies up to `copiedBody` go with the headers in one write, out of here.
  private var body = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 1)
  private var failed = CURLE_OK
  private let urlStart: String
  /// What the handle was told for the last request; told again where it differs.
  private var told = Told()

  private struct Told {
    enum Body { case none, copied, streamed }
    var connect: Int?
    var target: String?
    var method: String?
    var headers: [HTTPHeader]?
    var body = Body.none
  }

  /// Bodies up to this size are copied.
  nonisolated static let copiedBody = 64 << 10

  /// Nil where libcurl has no memory or refuses an option that is needed.
  init?(_ multi: CurlMulti, _ origin: HTTPOrigin) {
    table = multi.library.table
    guard let handle = table.pointee.easy_init() else { return nil }
    self.handle = handle
    self.multi = multi
    self.origin = origin
    urlStart = "\(origin.scheme.rawValue)://\(origin.authority)"
    errorText[0] = 0
    setConstants()
    setConnection()
    guard failed == CURLE_OK else { return nil }
  }

  isolated deinit {
    table.pointee.easy_cleanup(handle)
    table.pointee.slist_free_all(headers)
    table.pointee.slist_free_all(addresses)
    errorText.deallocate()
    body.deallocate()
  }

  /// What libcurl said about the failure, if anything.
  var message: String { String(cString: errorText) }

  /// Bytes of the body as they came, compressed.
  var receivedBytes: Int {
    var count: curl_off_t = 0
    _ = curl_table_get_size(table, handle, CURLINFO_SIZE_DOWNLOAD_T, &count)
    return Int(count)
  }

  // MARK: Options

  private func set(_ option: CURLoption, _ value: Int) {
    note(curl_table_set_long(table, handle, option, value))
  }

  private func set(_ option: CURLoption, _ value: String?) {
    guard let value else { return note(curl_table_set_text(table, handle, option, nil)) }
    note(value.withCString { curl_table_set_text(table, handle, option, $0) })
  }

  private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
    note(curl_table_set_pointer(table, handle, option, value))
  }

  private func note(_ code: CURLcode) { if failed == CURLE_OK { failed = code } }

  private func setConstants() {
    let me = Unmanaged.passUnretained(self).toOpaque()
    set(CURLOPT_NOSIGNAL, 1)
    // http and https only, as bits: the option with names is younger than what we ask for.
    set(CURLoption(rawValue: 181), 3)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_USERAGENT, "switchyard")
    set(CURLOPT_ERRORBUFFER, errorText)
    set(CURLOPT_ACCEPT_ENCODING, multi.library.encodings)
    set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    note(curl_table_set_transfer(table, handle, CURLOPT_WRITEFUNCTION, bodyCame))
    note(curl_table_set_transfer(table, handle, CURLOPT_HEADERFUNCTION, headerCame))
    note(curl_table_set_transfer(table, handle, CURLOPT_READFUNCTION, bodyWanted))
    note(curl_table_set_seek(table, handle, bodyRewound))
    note(curl_table_set_prerequest(table, handle, requestBegins))
    note(curl_table_set_open_socket(table, handle, socketOpening))
    note(curl_table_set_close_socket(table, handle, socketClosing))
    for data in [
      CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA,
      CURLOPT_PREREQDATA, CURLOPT_OPENSOCKETDATA,
    ] { set(data, me) }
    set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(multi).toOpaque())
    // Not to wait for a thread that looks up a name, should libcurl ever start one. Younger than
    // what we ask for, so it may be refused.
    _ = curl_table_set_long(table, handle, CURLoption(rawValue: 322), 1)
  }

  private func setConnection() {
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    // A second request waits until it is known whether the first connection carries both.
    if origin.scheme == .https { set(CURLOPT_PIPEWAIT, 1) }
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_PROXY, origin.proxy?.url ?? "")
    set(CURLOPT_NOPROXY, "")
    if let path = origin.socketPath { set(CURLOPT_UNIX_SOCKET_PATH, path) }
    set(CURLOPT_TCP_KEEPALIVE, 1)
    if let file = origin.caFile {
      // The folder of the system's certificates stays.
      set(CURLOPT_CAINFO, file)
    } else if multi.library.hasRootsFile {
      // With a folder, libcurl parses the file of all roots for each connection; without, once.
      set(CURLOPT_CAPATH, nil as String?)
    }
  }

  // MARK: One request

  /// Sets what differs from request to request; false where libcurl refuses.
  func prepare(_ transfer: HTTPTransfer) -> Bool {
    self.transfer = transfer
    attempts = 0
    hasRefusedAddress = false
    errorText[0] = 0
    failed = CURLE_OK
    let request = transfer.request
    if !Self.isSame(told.target, request.target) { set(CURLOPT_URL, urlStart + request.target) }
    told.target = request.target
    // Zero would be libcurl's own five minutes.
    let connect = Int(clamping: max(1, request.limits.connect?.inMilliseconds ?? 86_400_000))
    if connect != told.connect { set(CURLOPT_CONNECTTIMEOUT_MS, connect) }
    told.connect = connect
    let body = Self.kind(of: request.body)
    if body == .streamed || body != told.body || !Self.isSame(told.method, request.method) {
      setBody(request)
      set(CURLOPT_CUSTOMREQUEST, request.method)
    } else if case .bytes(let bytes) = request.body {
      copy(bytes)
    }
    told.method = request.method
    if !Self.areSame(told.headers, request.headers) { setHeaders(request) }
    told.headers = request.headers
    told.body = body
    // What was refused is told again.
    if failed != CURLE_OK { told = Told() }
    return failed == CURLE_OK
  }

  /// Tells libcurl the addresses of the host, as `host:port:address,...`; it looks up nothing
  /// then. It keeps them for the other handles of its multi.
  func setAddresses(_ entry: String, generation: Int) {
    let list = entry.withCString { table.pointee.slist_append(nil, $0) }
    set(CURLOPT_RESOLVE, UnsafeMutableRawPointer(list))
    table.pointee.slist_free_all(addresses)
    addresses = list
    addressGeneration = generation
  }

  private nonisolated static func kind(of body: HTTPBody) -> Told.Body {
    switch body {
    case .none: .none
    case .bytes(let bytes) where bytes.count <= copiedBody: .copied
    case .bytes, .stream: .streamed
    }
  }

  /// By bytes: texts that Unicode calls equivalent are not the same. Not isolated, since closures
  /// of isolated code check the thread each time that they are called.
  private nonisolated static func isSame(_ left: String?, _ right: String) -> Bool {
    guard var left, left.utf8.count == right.utf8.count else { return false }
    var right = right
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard let one = left.baseAddress, let other = right.baseAddress else { return true }
        return memcmp(one, other, left.count) == 0
      }
    }
  }

  private nonisolated static func areSame(_ left: [HTTPHeader]?, _ right: [HTTPHeader]) -> Bool {
    guard let left, left.count == right.count else { return false }
    for (known, wanted) in zip(left, right)
    where !isSame(known.name, wanted.name) || !isSame(known.value, wanted.value) {
      return false
    }
    return true
  }

  private func setBody(_ request: HTTPRequest) {
    // Resets the method, the absence of a body and an upload.
    set(CURLOPT_HTTPGET, 1)
    switch request.body {
    case .none:
      if request.method.utf8.elementsEqual("HEAD".utf8) {
        set(CURLOPT_NOBODY, 1)
      } else if ["POST", "PUT", "PATCH"].contains(where: {
        request.method.utf8.elementsEqual($0.utf8)
      }) {
        setCopied([])
      }
    case .bytes(let bytes) where bytes.count <= Self.copiedBody: setCopied(bytes)
    case .bytes(let bytes): setUpload(bytes.count)
    case .stream(let length, _): setUpload(length ?? -1)
    }
  }

  private func setCopied(_ bytes: [UInt8]) {
    set(CURLOPT_POST, 1)
    copy(bytes)
  }

  private func copy(_ bytes: [UInt8]) {
    if body.count < max(1, bytes.count) {
      body.deallocate()
      body = .allocate(byteCount: max(1024, bytes.count), alignment: 1)
    }
    body.copyBytes(from: bytes)
    note(
      curl_table_set_size(
        table, handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
    set(CURLOPT_POSTFIELDS, body.baseAddress)
  }

  private func setUpload(_ length: Int) {
    set(CURLOPT_UPLOAD, 1)
    note(curl_table_set_size(table, handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(length)))
  }

  private func setHeaders(_ request: HTTPRequest) {
    table.pointee.slist_free_all(headers)
    headers = nil
    var hasType = false
    for header in request.headers {
      hasType = hasType || header.name.isSameIgnoringCase("Content-Type")
      // libcurl's way to send a field without a value.
      append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    // Neither libcurl's own type of a body, which a POST without one gets too, nor its question
    // before one.
    if !hasType { append("Content-Type:") }
    append("Expect:")
    set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(headers))
  }

  private func append(_ line: String) {
    // On failure the list stays as it was.
    guard let list = line.withCString({ table.pointee.slist_append(headers, $0) }) else {
      return note(CURLE_OUT_OF_MEMORY)
    }
    headers = list
  }
}

import CCurl
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
    var connect: Int?
    /// Of a request without a body.
    var method: String?
    var headers: [HTTPHeader]?
    var hasBody = false
  }

  /// Bodies up to this size are copied.
  static let copiedBody = 64 << 10

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
    set(CURLOPT_URL, urlStart + request.target)
    // Zero would be libcurl's own five minutes.
    let connect = Int(clamping: max(1, request.limits.connect?.inMilliseconds ?? 86_400_000))
    if connect != told.connect { set(CURLOPT_CONNECTTIMEOUT_MS, connect) }
    told.connect = connect
    let hasBody = if case .none = request.body { false } else { true }
    if hasBody || told.method.map({ !$0.utf8.elementsEqual(request.method.utf8) }) ?? true {
      setBody(request)
      set(CURLOPT_CUSTOMREQUEST, request.method)
    }
    told.method = hasBody ? nil : request.method
    let areKnown = told.headers.map { Self.areSame($0, request.headers) } ?? false
    if hasBody || told.hasBody || !areKnown { setHeaders(request) }
    told.headers = request.headers
    told.hasBody = hasBody
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

  /// By bytes: texts that Unicode calls equivalent are not the same header.
  private static func areSame(_ left: [HTTPHeader], _ right: [HTTPHeader]) -> Bool {
    left.elementsEqual(right) {
      $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
    }
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
    if body.count < max(1, bytes.count) {
      body.deallocate()
      body = .allocate(byteCount: max(1024, bytes.count), alignment: 1)
    }
    body.copyBytes(from: bytes)
    set(CURLOPT_POST, 1)
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
    // Neither libcurl's own type of a body nor its question before one.
    if case .none = request.body { hasType = true }
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

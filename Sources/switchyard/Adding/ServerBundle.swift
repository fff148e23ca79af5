import Archive
import Clients
import Digest

/// An `.mcpb` bundle: the server that it holds, and its files, which go into the state folder.
struct ServerBundle {
  let server: FoundServer
  private let archive: ZipArchive
  private let manifest: BundleManifest
  private let place: String

  /// Bytes of a bundle.
  static let limit = 512 << 20
  private static let manifestLimit = 1 << 20

  /// - Parameter state: the state folder; the bundle's own is `bundles/NAME-VERSION-DIGEST` in it.
  init(_ bytes: [UInt8], file: String, state: String) throws {
    let file = file.printable()
    do {
      archive = try ZipArchive(bytes)
      guard let entry = archive.file("manifest.json") else {
        throw CommandFailure("there is no manifest.json in it; it is no MCP bundle")
      }
      let text = try archive.contents(of: entry, limit: Self.manifestLimit)
      manifest = try BundleManifest(parsing: text)
      let digest = Self.digest(of: bytes)
      place = "\(state)/bundles/" + Self.folderName(manifest, digest)
      let places = BundleManifest.Places(root: place, home: Process.environment["HOME"] ?? "/")
      var server = try manifest.server(at: places)
      if let entryPoint = manifest.entryPoint, archive.file(entryPoint) == nil {
        server.notes.append("its entry point '\(entryPoint)' is not in the bundle")
      }
      server.notes.append("the bundle has the SHA-256 \(digest)")
      let signature = BundleSignature(bytes[archive.trailer])
      server.notes.append(
        try signature.note(on: bytes, endingAt: archive.trailer.lowerBound))
      self.server = server
    } catch let error as CommandFailure {
      throw CommandFailure("\(file): \(error.message.printable())")
    } catch let error as ZipError {
      throw CommandFailure("\(file): \("\(error)".printable()); nothing was unpacked")
    } catch let error as LeftServer {
      throw CommandFailure("\(file): '\(error.name.printable())': \(error.why.printable())")
    }
  }

  private static func digest(of bytes: [UInt8]) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return SHA256.hex(digest.finalize())
  }

  /// Equal bytes have the same folder, others never.
  private static func folderName(_ manifest: BundleManifest, _ digest: String) -> String {
    "\(plain(manifest.name))-\(plain(manifest.version))-\(digest.prefix(12))"
  }

  private static func plain(_ text: String) -> String {
    let bytes = text.utf8.prefix(40).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether its files are in their place.
  var isUnpacked: Bool { Process.exists(place) }

  /// Puts the files in their place, unless the same bundle is there already.
  func unpack() throws {
    if isUnpacked { return }
    let parent = place.split(separator: "/").dropLast().joined(separator: "/")
    try NewFolder.make("/" + parent)
    var executables: Set<String> = []
    // Archives that were made on Windows know no modes.
    if manifest.kind == "binary" { executables = Set(binaries) }
    do throws(ZipError) {
      try archive.unpack(into: place, executables: executables)
    } catch {
      throw CommandFailure("\("\(error)".printable()); nothing was unpacked")
    }
    Terminal.output.write("unpacked \(place)\n")
  }

  private var binaries: [String] {
    guard case .process(let launch) = server.way, let command = launch.command.literal else {
      return manifest.entryPoint.map { [$0] } ?? []
    }
    let own = command.hasPrefix(place + "/") ? [String(command.dropFirst(place.count + 1))] : []
    return own + (manifest.entryPoint.map { [$0] } ?? [])
  }
}

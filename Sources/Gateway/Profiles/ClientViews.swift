import Loop
import MCP
import Manifest
import RawJSON

/// Which view each client has. There is one for each profile and budget that was asked for.
///
/// A client of the legacy era says once what it is called, a modern one with each request: the
/// answer for the last one is kept, since the next is nearly always the same.
@EventLoop
final class ClientViews {
  /// What one client calls itself, and what it is shown; nil is everything.
  private struct Known {
    /// `clientInfo` as it was written, or a name.
    var text: [UInt8]
    var view: ClientView?
  }

  private var profiles: [Profile]
  /// What `--profile` names: everybody has it.
  private var chosen: Profile?
  private var views: [ClientView] = []
  private var legacy: Known?
  private var modern: Known?
  /// Makes what a profile shows of the catalogue of this moment.
  private let make: @EventLoop (Profile, Int?) -> ProfileContents
  var pageSize: Int

  init(
    _ profiles: [Profile], chosen: Profile?, pageSize: Int,
    make: @escaping @EventLoop (Profile, Int?) -> ProfileContents
  ) {
    self.profiles = profiles
    self.chosen = chosen
    self.pageSize = pageSize
    self.make = make
  }

  /// Other profiles; everybody's is found anew.
  func change(to profiles: [Profile], chosen: Profile?) {
    self.profiles = profiles
    self.chosen = chosen
    views.removeAll()
    legacy = nil
    modern = modern.map { Known(text: $0.text, view: view(forInfo: $0.text)) }
  }

  /// Other pages or another catalogue.
  func showAnew() {
    for view in views { view.show(make(view.profile, view.budget), pageSize: pageSize) }
  }

  var all: [ClientView] { views }

  /// Whether a modern client has said what it is called.
  var knowsModern: Bool { modern != nil || chosen != nil }

  func view(ofLegacy name: [UInt8]) -> ClientView? {
    if let legacy, legacy.text == name { return legacy.view }
    let view = view(named: name)
    legacy = Known(text: name, view: view)
    return view
  }

  /// - Parameter info: the value of `clientInfo`, absent if there is none.
  func view(ofModern info: ByteRange, in line: UnsafeRawBufferPointer) -> ClientView? {
    let text = UnsafeRawBufferPointer(rebasing: line[info.start..<info.end])
    if let modern, modern.text.count == text.count, text.elementsEqual(modern.text) {
      return modern.view
    }
    let known = Known(text: Array(text), view: view(forInfo: Array(text)))
    modern = known
    return known.view
  }

  /// Of the modern client that spoke last.
  var newestModern: ClientView? { modern?.view ?? chosen.map { view(of: $0, named: []) } }

  private func view(forInfo info: [UInt8]) -> ClientView? {
    let bytes = info.span.bytes
    let name = JSON.member("name", of: ByteRange(start: 0, end: info.count), in: bytes)
    return view(named: JSON.string(name, in: bytes) ?? [])
  }

  private func view(named name: [UInt8]) -> ClientView? {
    guard let profile = chosen ?? profiles.first(where: { $0.matches(client: name) }) else {
      return nil
    }
    return view(of: profile, named: name)
  }

  private func view(of profile: Profile, named name: [UInt8]) -> ClientView {
    let budget = profile.budget(for: name)
    if let view = views.first(where: { $0.profile == profile && $0.budget == budget }) {
      return view
    }
    let view = ClientView(profile, budget: budget, pageSize: pageSize, make(profile, budget))
    views.append(view)
    return view
  }
}

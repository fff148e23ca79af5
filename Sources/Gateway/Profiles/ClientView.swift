import Loop
import MCP
import Manifest

/// What a client with a profile is shown, and its lists, made once for each catalogue.
@EventLoop
final class ClientView {
  let profile: Profile
  let budget: Int?
  private(set) var contents: ProfileContents
  private var pages: ListPages
  private var search: ToolSearch?

  init(_ profile: Profile, budget: Int?, pageSize: Int, _ contents: ProfileContents) {
    self.profile = profile
    self.budget = budget
    self.contents = contents
    pages = ListPages(pageSize: pageSize)
  }

  /// Takes over what another catalogue gives; cursors of the old lists are refused.
  func show(_ contents: ProfileContents, pageSize: Int) {
    self.contents = contents
    search = nil
    pages.change(pageSize: pageSize)
    pages.reset()
  }

  /// The members of one page of a list; nil for a cursor that is not one of it.
  func page(_ kind: Offer.Kind, cursor: [UInt8]?, era: Era) -> [UInt8]? {
    pages.page(kind, cursor: cursor, era: era, of: contents.shown)
  }

  func find(_ query: [UInt8], limit: Int) -> (found: [Catalogue.Entry], more: Int) {
    let search = search ?? ToolSearch(contents.tools)
    self.search = search
    return search.find(query, limit: limit)
  }
}

import Notebook

extension Kernel.Identity {
  /// The content of `kernel_info_reply`.
  var info: JSON {
    ok([
      ("protocol_version", .string(Message.protocolVersion)),
      ("implementation", .string("faa")),
      ("implementation_version", .string(version)),
      ("banner", .string(banner)),
      (
        "language_info",
        .object([
          ("name", .string("faa")), ("version", .string(version)), ("mimetype", .string("text/x-faa")),
          ("file_extension", .string(".faa")), ("pygments_lexer", .string("faa")),
          // The nearest highlighting that every client has.
          ("codemirror_mode", .string("swift")),
        ])
      ),
      ("help_links", .array([])),
      ("supported_features", .array([])),
      ("debugger", .bool(false)),
    ])
  }
}

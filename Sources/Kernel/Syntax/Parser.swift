public enum Parser {
  public static func completeness(of text: String) -> Completeness { .complete }
}

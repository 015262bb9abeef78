//! What a client may take of the server; one table, which `maque limits` prints.

use std::time::Duration;

/// A limit as it is printed.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Its name in the code.
    pub name: &'static str,
    /// Its value; times in seconds.
    pub value: String,
    /// What it bounds.
    pub english: &'static str,
    /// The same.
    pub chinese: &'static str,
}

/// Defines constants and [`limits`] from rows of `NAME: type = value, "what it bounds", "它限制什么";`.
macro_rules! limits {
    ($($name:ident: $type:ty = $value:expr, $english:literal, $chinese:literal;)*) => {
        $(#[doc = $english] pub(crate) const $name: $type = $value;)*

        /// The whole table.
        pub fn limits() -> Vec<Limit> {
            vec![$(Limit { name: stringify!($name), value: $name.shown(), english: $english, chinese: $chinese },)*]
        }
    };
}

limits! {
    // Connections
    MAX_CONNECTIONS: usize = 256, "connections at once", "同时的连接数";
    MAX_CONNECTIONS_PER_ADDRESS: usize = 32,
        "connections at once from one address that is not this machine's loopback", "同一地址（本机回环除外）同时的连接数";
    HEAD_DEADLINE: Duration = Duration::from_secs(10),
        "for the first byte of a connection, and for a whole head", "连接的首字节、完整请求头的时限";
    BODY_GRACE: Duration = Duration::from_secs(10), "for a body before its rate counts", "请求体开始计速前的时间";
    BODY_RATE: usize = 1 << 10, "bytes a second that a body must come with on average", "请求体每秒至少到达的平均字节数";
    BODY_DEADLINE: Duration = Duration::from_secs(300), "for a whole body", "完整请求体的时限";
    WRITE_DEADLINE: Duration = Duration::from_secs(30), "without a byte taken by a client that is sent something", "客户端不接收数据的时限";
    LAST_WORDS: Duration = Duration::from_secs(5), "for answers when the server is asked to end", "服务结束前留给回答的时间";

    // Requests
    MAX_HEAD: usize = 16 << 10, "bytes of a request's head", "请求头字节数";
    MAX_HEADERS: usize = 100, "header lines of a request", "请求头行数";
    MAX_URI: usize = 4 << 10, "bytes of a request's address", "请求地址字节数";
    MAX_BODY: usize = 10 << 20, "bytes of a request's body", "请求体字节数";

    // Who may ask
    MAX_FAILURES: usize = 10, "wrong keys, codes and PINs a minute from one address", "同一地址每分钟的错误密钥、邀请码、PIN 次数";
    MAX_REQUESTS: usize = 60, "requests a minute of one guest, reading excepted", "每位客人每分钟的请求数（读取除外）";
    INVITATION_LIFE: Duration = Duration::from_secs(600), "that an invitation is valid", "邀请的有效时间";
    MAX_INVITATION_FAILURES: usize = 100, "wrong PINs in all after which invitations end", "所有邀请作废前的错误 PIN 总数";
    MAX_INVITATIONS: usize = 100, "invitations at once", "同时有效的邀请数";
    MAX_GUESTS: usize = 100, "guests of one invitation", "一份邀请的人数";
    MAX_PEOPLE: usize = 1000, "persons", "人数";
    MAX_KEYS: usize = 20, "keys, and sessions, of one person; the oldest goes", "每人的密钥数、会话数，超过则最旧的失效";

    MAX_JOBS: usize = 2, "models fetched or verified at once", "同时下载或校验的模型数";

    // Conversations
    MAX_CONVERSATIONS: usize = 10_000, "conversations of one person", "每人的对话数";
    MAX_CONVERSATION_MESSAGES: usize = 4096, "messages of one conversation", "一个对话的消息数";
    MAX_CONVERSATION_BYTES: usize = 6 << 20, "bytes of one conversation's texts, so that its export can be imported", "一个对话的文字字节数（导出的文件总能导入）";
    MAX_PERSON_BYTES: usize = 256 << 20, "bytes of one person's texts", "每人的文字字节数";
    MAX_CONTENT: usize = 1 << 20, "bytes of one message", "一条消息的字节数";
    MAX_TITLE: usize = 200, "characters of a title or a name", "标题或名字的字数";
    MAX_PERSONAS: usize = 200, "personas of one person", "每人的角色数";
    MAX_PROMPTS: usize = 500, "prompts of one person", "每人的提示词数";
    MAX_LISTED: usize = 200, "conversations of one answer to a list or a search", "一次列表或搜索返回的对话数";
    MAX_SEARCH: usize = 400, "bytes of a search", "搜索词的字节数";
    MAX_SEARCH_WORDS: usize = 16, "words of a search that count", "搜索时起作用的词数";
    UNWATCHED: Duration = Duration::from_secs(600),
        "that the answer of a conversation goes on while nobody watches it", "对话的回答在无人观看时继续的时间";
    SAVE_EVERY: Duration = Duration::from_secs(1), "between two saves of an answer that grows", "回答增长时两次保存的间隔";

    // The larger model elsewhere
    UPSTREAM_SILENCE: Duration = Duration::from_secs(60),
        "without a byte of a larger model's answer", "更大的模型没有任何回应的时限";
    MAX_UPSTREAM_ANSWER: usize = 8 << 20, "bytes of a larger model's answer", "更大的模型一次回答的字节数";
    MAX_UPSTREAM_LINE: usize = 1 << 20, "bytes of a line of its stream", "其数据流一行的字节数";

    // Batches
    MAX_FILES: usize = 100, "files of one person", "每人的文件数";
    MAX_PERSON_FILES: usize = 128 << 20, "bytes of one person's files", "每人的文件字节数";
    MAX_BATCHES: usize = 100,
        "batches of one person that are under way or whose files are kept; of the others the newest so many are listed", "每人进行中或保留结果的批量任务数；其余的也只列出最新的这么多";
    MAX_BATCH_ANSWERS: usize = 64 << 20, "bytes of the answers of one batch", "一个批量任务的回答字节数";
    BATCH_AT_ONCE: usize = 32, "requests of batches answered at once", "批量任务中同时回答的请求数";

    // Structures and tools
    MAX_GRAMMAR: usize = 64 << 10,
        "bytes of a JSON schema, regex or grammar; of the parameters of all tools together", "JSON schema、正则或语法的字节数；所有工具参数的总字节数";
    MAX_GRAMMAR_DEPTH: usize = 64, "nesting of a JSON schema or of a grammar's brackets", "JSON schema 或语法括号的嵌套层数";
    MAX_LEXER_STATES: usize = 50_000, "states that a grammar's automata may come to have", "语法自动机的状态数";
    MAX_COMPILERS: usize = 2, "grammars compiled at once", "同时编译的语法数";
    COMPILE_TIME: Duration = Duration::from_millis(250),
        "of a processor that compiling a grammar may take", "编译语法可用的处理器时间";
    COMPILE_PATIENCE: Duration = Duration::from_secs(5),
        "that a request waits for that to begin, and for that processor", "等待编译开始、等待处理器的时限";
    MAX_TOOLS: usize = 128, "tools of one request", "一个请求的工具数";

    // Answers
    MAX_CHOICES: u64 = 8, "choices of one request", "一个请求的回答个数";
    MAX_STOPS: usize = 16, "stop strings", "停止字符串个数";
    MAX_MESSAGES: usize = 1024, "messages of one chat request", "一个聊天请求的消息数";
}

/// How a limit is written.
trait Shown {
    fn shown(&self) -> String;
}

impl Shown for usize {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        format!("{} s", self.as_secs_f64())
    }
}

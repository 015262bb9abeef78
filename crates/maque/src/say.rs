//! Every sentence that the program says, in both languages; a sentence without one of them does not compile.

use crate::language::Language;
use std::fmt;

/// Defines [`Say`] from rows of `Name { field: type } => "English", "Chinese";`.
macro_rules! sentences {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $type:ty),* })? => $english:literal, $chinese:literal;)*) => {
        /// A sentence, shown in the user's language.
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) enum Say { $($(#[$doc])* $name $({ $($field: $type),* })?,)* }

        impl Say {
            fn write(&self, f: &mut fmt::Formatter<'_>, language: Language) -> fmt::Result {
                match (self, language) {
                    $((Say::$name $({ $($field),* })?, Language::English) => write!(f, $english),
                      (Say::$name $({ $($field),* })?, Language::Chinese) => write!(f, $chinese),)*
                }
            }
        }
    };
}

impl fmt::Display for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Language::of_user())
    }
}

sentences! {
    // Causes
    Because { said: String, cause: String } => "{said}: {cause}", "{said}：{cause}";
    Quoted { text: String } => "{text}", "“{text}”";
    AndThen => "; ", "；";
    CauseMissing => "there is no such file or folder", "没有这个文件或文件夹";
    CauseForbidden => "permission denied", "没有权限";
    CauseFolder => "it is a folder", "这是文件夹";
    CauseNoFolder => "what should be a folder is a file", "路径中有一段不是文件夹";
    CauseExists => "it is there already", "已经存在";
    CauseFull => "the disk is full; free some space", "磁盘已满；请清理磁盘";
    CauseReadOnly => "the disk can only be read", "磁盘是只读的";
    CauseCut => "it ends too early", "内容不完整，提前结束";
    CauseRefused => "the connection is refused: nobody listens there", "连接被拒绝：对方没有在监听";
    CauseBroken => "the connection broke", "连接中断";
    CauseUnreachable => "the network does not reach it", "网络不可达";
    CauseLate => "it takes too long", "超时";
    CauseTaken => "the address is in use", "地址已被占用";
    CauseForeign => "this machine has no such address", "本机没有这个地址";
    CauseNotText => "it is not UTF-8 text", "不是 UTF-8 文本";
    CauseUnknownHost => "no address is known for this name; is the network there?", "查不到这个主机名的地址；请检查网络";
    CauseJson { line: usize, column: usize } => "it is wrong in line {line}, column {column}", "第 {line} 行第 {column} 列有误";
    CauseJsonCut { line: usize, column: usize } => "it ends too early, in line {line}, column {column}", "在第 {line} 行第 {column} 列提前结束";

    // Settings
    NoHome => "no home folder is known; set MAQUE_HOME to a folder that may be written",
        "找不到用户主目录；请把 MAQUE_HOME 设为一个可写的文件夹";
    NoKeys { path: String } => "{path} holds no key; write one a line", "{path} 中没有密钥；请每行写一个";
    CannotRead { path: String } => "cannot read {path}", "无法读取 {path}";
    NotJson { path: String } => "{path} is no JSON", "{path} 不是 JSON";
    SchemaTooLarge { path: String, limit: String } => "{path} is larger than {limit}, which no schema may be", "{path} 超过 {limit}，格式说明不能这么大";
    CannotWrite { path: String } => "cannot write {path}", "无法写入 {path}";
    NoFolder { path: String, folder: String } => "cannot write {path}: there is no folder {folder}; create it, or name another file",
        "无法写入 {path}：没有文件夹 {folder}；请先创建它，或换一个文件名";
    ClosedFolder { path: String, folder: String } => "cannot write {path}: you have no right to write to the folder {folder}; name a file elsewhere, or change its rights",
        "无法写入 {path}：没有权限写文件夹 {folder}；请换一个位置，或修改其权限";
    WrongConfig { path: String, line: usize, what: String } => "{path}, line {line}: {what}", "{path} 第 {line} 行有误：“{what}”";
    WrongVariable { name: &'static str, value: String } =>
        "the environment variable {name} has the wrong value {value:?}; correct it or unset it",
        "环境变量 {name} 的值 {value:?} 不对；请改正或取消设置";
    UnknownIsa { name: String, available: String } =>
        "the instruction set {name:?} is unknown or this CPU lacks it (available: {available})",
        "指令集 {name:?} 不存在，或本机 CPU 不支持（可用：{available}）";
    TooManyThreads { threads: usize, limit: usize } =>
        "{threads} threads are more than the {limit} there may be; one a core is fastest",
        "线程数 {threads} 超过上限 {limit}；每个核心一个线程最快";
    TooMuchMemory { wanted: String, there: String } =>
        "{wanted} of memory for conversations is more than this machine has ({there}); lower --memory",
        "给对话的内存 {wanted} 超过本机的内存（{there}）；请调小 --memory";
    TooManyPositions { wanted: usize, limit: usize } =>
        "{wanted} tokens are more than the {limit} that this model reads at once; lower -p, -n or --depth",
        "{wanted} 个 token 超过这个模型一次能读的 {limit} 个；请调小 -p、-n 或 --depth";
    FromFlag => "flag", "命令行参数";
    FromEnvironment { name: &'static str } => "environment {name}", "环境变量 {name}";
    FromFile => "config.toml", "config.toml";
    FromMeasurement => "measured here", "本机实测";
    FromDefault => "default", "默认值";

    // The library
    NoLibrary { why: String } => "the library is not there: {why}", "资料库不可用：“{why}”";
    LibraryRefused { why: String } => "the library refuses: {why}", "资料库拒绝：“{why}”";
    LibraryDisk => "the library's files cannot be written or read", "无法读写资料库的文件";
    LibraryNoFolder { path: String } => "{path} is no folder that can be read; correct its name, or look at its rights", "{path} 不是可读的文件夹；请改正名称，或检查权限";
    LibraryEmpty => "there is no folder in the library yet; add one with: maque library add FOLDER", "资料库里还没有文件夹；请先运行：maque library add 文件夹";
    LibraryUnknown { folder: String } => "{folder:?} is no folder of the library; maque library list shows them",
        "{folder:?} 不是资料库里的文件夹；用 maque library list 查看";
    LibraryReading { done: u64, total: u64 } => "reading documents: {done} of {total}", "正在读取文档：{done}/{total}";
    LibraryFolder { name: String, documents: u64, passages: u64, questions: u64, skipped: u64 } =>
        "{name}: {documents} documents, {passages} passages, {questions} frequent questions, {skipped} files skipped",
        "{name}：{documents} 份文档，{passages} 个段落，{questions} 条常见问题，跳过 {skipped} 个文件";
    LibraryRemoved { name: String } => "{name} is no longer in the library; its files are as they were", "已把 {name} 移出资料库；其中的文件没有改动";
    LibraryNearest => "Nearest:", "最接近的内容：";
    LibraryPage { page: u64 } => "p. {page}", "第 {page} 页";
    LibraryRow { row: u64 } => "row {row}", "第 {row} 行";
    SkippedMore { more: u64 } => "and {more} more files", "另有 {more} 个文件";
    SkippedType => "no txt, md, html, pdf, docx, xlsx or csv; save it as one of them", "不是 txt、md、html、pdf、docx、xlsx 或 csv；请另存为其中一种";
    SkippedLink => "a link, which is not followed; put the file itself here", "是链接，不会跟随；请放入文件本身";
    SkippedNotAFile => "no ordinary file", "不是普通文件";
    SkippedTooLarge => "too large; split it", "文件太大；请拆分";
    SkippedName => "its name is not UTF-8; rename it", "文件名不是 UTF-8；请改名";
    SkippedTooDeep => "in too many folders within folders; move it up", "所在文件夹层数太多；请移到上层";
    SkippedTooMany => "it and all after it: too many files in the folder", "该文件及之后的文件：文件夹里文件太多";
    SkippedIo => "cannot be opened; look at the rights to read it", "无法打开；请检查读取权限";
    SkippedBroken => "broken, or not what its name says", "已损坏，或内容与扩展名不符";
    SkippedLocked => "locked with a password; save it without one", "有密码保护；请另存为无密码的文件";
    SkippedEmpty => "holds no text; pictures of text are not read", "没有文字；图片里的文字不会读取";
    SkippedTooMuchText => "holds too much text; split it", "文字太多；请拆分";
    SkippedTooSlow => "takes too long to read", "读取时间过长";
    SkippedFatal => "takes too much memory, or is made to break readers", "占用内存过多，或为破坏读取程序而制作";

    // Batches
    BatchNothing => "name a file of rows, and a recipe or --prompt; maque batch --list shows the recipes",
        "请给出数据文件，以及配方或 --prompt；用 maque batch --list 查看配方";
    BatchNoOutput => "name the file for the answers: -o FILE", "请用 -o 文件 指定结果写到哪里";
    BatchKind { path: String, known: &'static str } => "{path} is none of: {known}; save it as one of them", "{path} 不是 {known} 之一；请另存为其中一种";
    BatchOnlyJsonl { path: String } => "the answers to OpenAI's requests are written as jsonl, not to {path}", "OpenAI 批量请求的结果只能写成 jsonl，不能写到 {path}";
    BatchTooLarge { path: String, limit: String } => "{path} is larger than {limit}; split it", "{path} 超过 {limit}；请拆分";
    BatchBroken { path: String, why: String } => "{path}: {why}", "{path} 无法读取：“{why}”";
    BatchNoRows { path: String } => "{path} holds no rows under its line of column names", "{path} 在列名之下没有数据";
    BatchLongCell { row: usize, column: String } =>
        "row {row}, column {column:?} has more text than a workbook's cell holds; write csv or jsonl instead",
        "第 {row} 行“{column}”列的文字超出工作簿单元格的上限；请改写成 csv 或 jsonl";
    BatchUnknownRecipe { name: String, known: String } =>
        "there is no recipe {name:?}; there are: {known}, or the path of a .toml file", "没有配方 {name:?}；现有：{known}，或给出 .toml 文件的路径";
    BatchWrongRecipe { name: String, why: String } => "the recipe {name}: {why}", "配方 {name} 有误：“{why}”";
    BatchNoColumn { column: String, columns: String } =>
        "the rows have no column {column:?}, which the prompt wants; they have: {columns}", "数据里没有提示语要用的列“{column}”；现有的列：{columns}";
    BatchOtherRecipe { path: String } =>
        "{path} is the journal of other work: the recipe or the settings changed since; begin anew with --restart, or write to another file",
        "{path} 是另一项工作的日志：配方或设置已改动；用 --restart 重新开始，或写到别的文件";
    BatchOtherRows { path: String } =>
        "{path} is the journal of other work: the rows changed since; begin anew with --restart, or write to another file",
        "{path} 是另一项工作的日志：数据已改动；用 --restart 重新开始，或写到别的文件";
    BatchBusy { path: String } => "{path} is in use: the same batch is running already", "{path} 正在使用：同一批任务已在运行";
    BatchResumes { done: usize, total: usize } => "going on: {done} of {total} rows are done already", "继续：{total} 行中已完成 {done} 行";
    BatchProgress { done: usize, total: usize, rate: f64, left: String } =>
        "{done} of {total} rows, {rate:.1} rows/s, {left} left", "{done}/{total} 行，{rate:.1} 行/秒，还需 {left}";
    BatchDone { rows: usize, marked: usize, path: String } => "{rows} rows in {path}, {marked} of them marked in the last column", "{rows} 行已写入 {path}，其中 {marked} 行在最后一列有标记";
    BatchStopped { path: String } => "stopped; what is done is in {path}, and the same command goes on from there", "已停止；已完成的在 {path} 里，再次运行同一命令即可继续";
    BatchMark => "note", "备注";
    MarkCut => "the answer was cut by the token limit", "回答被截断";
    MarkLoop => "the answer had become a loop", "回答陷入循环";
    MarkNoAnswer { why: String } => "no answer: {why}", "没有回答：“{why}”";

    // Arguments, as far as clap's own sentences have no Chinese
    ArgumentUnknown { argument: String } => "unknown argument {argument}", "不认识的参数 {argument}";
    ArgumentWrong { argument: String, value: String } => "wrong value {value:?} for {argument}", "{argument} 的值 {value:?} 不对";
    ArgumentMissing { argument: String } => "{argument} is missing", "缺少参数 {argument}";
    ArgumentsWrong => "the arguments are wrong", "参数有误";
    SeeHelp => "see --help", "用 --help 查看用法";

    // Asking
    NoPrompt => "nothing was asked: give a prompt, or text on standard input", "没有问题：请给出提示语，或从标准输入送入文本";
    InputNotText { name: String, at: usize } =>
        "the input {name} is not UTF-8 text (byte {at}); convert it first, for example with: iconv -f GBK -t UTF-8",
        "输入 {name} 不是 UTF-8 文本（第 {at} 字节）；请先转换，例如：iconv -f GBK -t UTF-8";
    CannotReadFile { path: String } => "cannot read the file {path}", "无法读取文件 {path}";
    FileMissing { path: String } => "{path} is no file that is there; correct its name, or put the word within the question's quotes",
        "没有 {path} 这个文件；请改正文件名，若是问题里的词，请写进引号里";
    FileAmongWords { path: String } =>
        "{path} is a file among the words of the question: put the question in quotation marks, and its files after it",
        "问题的词语中间有文件 {path}：请给问题加引号，把文件写在它后面";
    WrongUpstream { why: String } => "config.toml: {why}", "config.toml 有误：“{why}”";
    #[cfg_attr(not(unix), expect(dead_code, reason = "files have no modes there"))]
    KeyNotPrivate { path: String } =>
        "the key in {path} can be read by others; protect it with: chmod 600 {path}", "其他用户可以读取 {path} 中的密钥；请先运行：chmod 600 {path}";
    NoUpstream =>
        "no larger model is configured: write [upstream] with url and model to config.toml", "没有配置更大的模型：请在 config.toml 中写 [upstream]，含 url 和 model";
    NotElsewhere => "the larger model cannot count tokens; leave out --split", "更大的模型无法计算 token 数；请去掉 --split";
    Leaving { n: usize, host: String } =>
        "{n} characters leave this machine for {host}", "{n} 个字符将离开本机，发往 {host}";
    RuleLong { n: usize, limit: usize } =>
        "by your rule input_tokens = {limit} this question of {n} tokens goes to the larger model", "按你的规则 input_tokens = {limit}，这个 {n} token 的问题交给更大的模型";
    RuleCut => "the answer was cut; by your rule answer = [\"cut\"] the question goes to the larger model",
        "回答被截断；按你的规则 answer = [\"cut\"]，问题交给更大的模型";
    RuleLoop => "the answer became a loop; by your rule answer = [\"loop\"] the question goes to the larger model",
        "回答陷入重复；按你的规则 answer = [\"loop\"]，问题交给更大的模型";
    RuleInVain { why: String } => "the larger model did not answer, so this is what was answered here: {why}",
        "更大的模型没有回答，所以给出本机的回答：{why}";
    About { path: String } => "about {path}", "所问文件：{path}";
    Piece { piece: usize, n: usize } => "piece {piece} of {n}", "第 {piece} 段，共 {n} 段";
    PersonaUnknown { name: String, known: String } =>
        "there is no persona {name:?} (there are: {known})", "没有名为 {name:?} 的角色（有：{known}）";
    InputTooLarge { limit: u64 } => "the input is larger than {limit} bytes", "输入超过 {limit} 字节";
    InputTooLong { n_prompt: usize, context: usize } =>
        "the input is too long: {n_prompt} tokens, the context holds {context}; let ask work through it in pieces with --split, shorten it, or raise --context",
        "输入太长：{n_prompt} 个 token，上下文只能容纳 {context} 个；可用 ask --split 分段处理，或缩短输入、调大 --context";
    AnswerCut { n: usize } =>
        "the answer was cut after {n} tokens; raise --max-tokens or continue with -c",
        "回答在 {n} 个 token 处被截断；可调大 --max-tokens，或用 -c 接着说";
    AnswerLoop => "the answer was stopped because it had become a loop", "回答开始循环重复，已停止";
    AnswerEnded { why: String } => "the answer ended early: {why}", "回答提前结束：“{why}”";
    NothingToContinue => "there is no conversation to continue", "没有可以继续的对话";
    ServerRefused { status: u16 } => "the running server refused the request (HTTP {status})", "正在运行的服务拒绝了请求（HTTP {status}）";
    AnswerFull => "the answer was cut: the context is full; /new begins a new conversation", "回答被截断：上下文已满；用 /new 开始新对话";
    ChatSaved { path: String } => "the conversation is in {path}", "对话已写入 {path}";
    ChatHelp => "/system TEXT  /persona [NAME]  /retry  /undo  /save FILE  /new  /help  /exit; \"\"\" begins and ends several lines; Ctrl-C stops an answer",
        "/system 文字  /persona [角色]  /retry 重答  /undo 撤回  /save 文件  /new 新对话  /help 帮助  /exit 退出；多行文字前后写 \"\"\"；Ctrl-C 停止回答";
    Personas { names: String } => "personas: {names}", "角色：{names}";
    PersonaTaken { name: String } => "persona: {name}", "当前角色：{name}";
    GoOn => "Go on exactly where you stopped.", "请从刚才停下的地方接着写。";
    ServerLost => "the running server went away", "正在运行的服务断开了";
    ModelUnavailable { model: String } => "the model {model} is not available", "模型 {model} 不可用";
    NoModelFile { path: String } => "there is no file or folder {path}", "没有 {path} 这个文件或文件夹";
    NoModel { path: String } => "{path} is neither a GGUF file nor a folder with config.json, tokenizer.json and *.safetensors files",
        "{path} 既不是 GGUF 文件，也不是含 config.json、tokenizer.json 和 *.safetensors 的文件夹";
    NotAModel { path: String, start: String } =>
        "{path} is not a model: it starts with {start:?} instead of \"GGUF\"; give a .gguf file or a folder with config.json and .safetensors",
        "{path} 不是模型：开头是 {start:?} 而不是 \"GGUF\"；请给出 .gguf 文件，或含 config.json 和 .safetensors 的文件夹";
    CannotUse { path: String } => "cannot use {path}", "无法使用 {path}";
    NoModelName { text: String } =>
        "{text:?} is no model name; write it as family:size, for example qwen2.5:0.5b",
        "{text:?} 不是模型名；请写成“系列:大小”，例如 qwen2.5:0.5b";
    ModelUnknown { name: String, known: String } =>
        "{name} is not in the catalogue (there are: {known})", "目录里没有 {name}（有：{known}）";
    ModelAbsent { name: String } => "{name} is not here; fetch it with: maque pull {name}", "本机没有 {name}；获取它：maque pull {name}";
    ModelTaken { name: String } =>
        "{name} is here already; remove it first with: maque rm {name}", "本机已有 {name}；请先删除它：maque rm {name}";
    ModelUnreachable { name: String, reasons: String } => "{name} cannot be fetched: {reasons}", "无法获取 {name}：{reasons}";
    DiskFull { path: String, available: String, needed: String } =>
        "{path} has room for {available}, {needed} are needed; free some space or set MAQUE_HOME to another disk",
        "{path} 还剩 {available}，需要 {needed}；请清理磁盘，或把 MAQUE_HOME 设到别的磁盘";
    NoModels => "no model is here yet; fetch one, for example: maque pull qwen2.5:0.5b (list --catalogue shows all)",
        "本机还没有模型；可以获取一个，例如：maque pull qwen2.5:0.5b（list --catalogue 列出全部）";
    CannotLoad { path: String } => "cannot load the model {path}", "无法加载模型 {path}";
    ReadingPrompt { done: usize, total: usize } => "reading {done} of {total} tokens", "正在阅读 {done}/{total} 个 token";
    Queued { position: usize } => "waiting, {position} before this one", "排队中，前面还有 {position} 个";
    Statistics { n_prompt: usize, n_cached: usize, n_answer: usize, first: f64, rate: f64 } =>
        "{n_prompt} tokens read ({n_cached} known), {n_answer} written; first after {first:.2} s, {rate:.1} tokens/s",
        "读 {n_prompt} 个 token（{n_cached} 个已缓存），写 {n_answer} 个；首字 {first:.2} 秒，{rate:.1} token/秒";
    CodeOnly => "code only; --raw keeps the whole answer", "只输出了代码；用 --raw 保留完整回答";

    // Start
    Locating { model: String } => "looking for {model}", "查找模型 {model}";
    Downloading { model: String } => "downloading {model}", "下载 {model}";
    Loading { model: String } => "loading {model}", "加载 {model}";
    Warming => "warming up", "预热";
    Ready { url: String } => "ready at {url}", "已就绪：{url}";
    Listening { url: String } => "page at {url}", "页面：{url}";
    NoLan => "this machine has no address on a LAN; name the one to share with --host", "本机没有局域网地址；请用 --host 指定要共享的地址";
    Kept { n_tokens: usize } => "{n_tokens} tokens of conversations are kept for the next start", "已保存 {n_tokens} 个 token 的对话缓存，供下次启动使用";
    KeptBack { n_tokens: usize } => "{n_tokens} tokens of earlier conversations need not be read again", "先前对话的 {n_tokens} 个 token 无需重新读取";
    NotKept { why: String } => "what was read of conversations is not kept: {why}", "对话缓存未保存：{why}";
    KeptDiscarded { why: String } => "what was kept of earlier conversations is let go: {why}", "已丢弃先前保存的对话缓存：{why}";
    KeptNobody => "nobody can tell whose it is without the store of conversations", "没有对话库，无法确定缓存属于谁";
    KeptUnreadable { why: String } => "it cannot be read ({why})", "无法读取（{why}）";
    KeptExposed => "others on this machine could read or change its file", "本机其他用户可以读取或修改该文件";
    KeptForeign => "it is of another model, another version of Maque or another --dtype", "它属于别的模型、别的 Maque 版本或别的 --dtype";
    KeptDamaged => "its file is damaged", "文件已损坏";
    KeptSlow => "reading it takes too long", "读取时间过长";
    NoStore { why: String } => "{why}", "无法使用对话库：{why}";
    CannotShare { why: String } => "cannot share: {why}", "无法共享：{why}";
    Shared { url: String } => "shared at {url}; \"maque invite\" lets a guest in, \"maque invite --admin\" you yourself on another device; whoever reads the network can read what is said",
        "已共享：{url}；用 “maque invite” 邀请他人，“maque invite --admin” 让你自己在其他设备上登录；能监听此网络的人可以看到对话内容";
    Invited { picture_and_link: String, url: String, pin: String, minutes: u64, guests: usize } =>
        "{picture_and_link}\nscan this, or open {url} and type {pin}; valid for {minutes} minutes and {guests} guest(s)",
        "{picture_and_link}\n扫描二维码，或打开 {url} 输入 {pin}；{minutes} 分钟内有效，限 {guests} 人";
    NotShared => "no shared server is running; start one with: maque serve --share", "没有正在共享的服务；请先运行：maque serve --share";
    PortTaken { wanted: u16, port: u16 } => "port {wanted} is taken, using {port}", "端口 {wanted} 已被占用，改用 {port}";
    NoPort { port: u16 } => "no free port from {port} on", "从 {port} 起没有可用端口";
    CannotListen { address: String } => "cannot listen on {address}", "无法监听 {address}";
    FallingBack { wanted: String, taken: String } =>
        "{wanted} is not here, taking {taken}; to try again: maque pull {wanted}",
        "没有 {wanted}，改用 {taken}；要再试一次：maque pull {wanted}";
    NoBrowser { url: String } => "no browser could be opened; open {url} yourself", "没能打开浏览器；请自行打开 {url}";
    Measuring => "measuring", "测量中";
    DoctorMachine { cpu: String, isa: &'static str, threads: usize, origin: String } =>
        "This machine: {cpu}, instruction set {isa}, {threads} threads ({origin}).", "本机：{cpu}，指令集 {isa}，{threads} 个线程（{origin}）。";
    DoctorMemory { one: f64, all: f64 } =>
        "Memory gives {all:.1} GB/s to all threads, {one:.1} GB/s to one: this limits how fast answers are written.",
        "内存带宽：全部线程 {all:.1} GB/s，单线程 {one:.1} GB/s；它决定写回答的速度。";
    DoctorArithmetic { int8: f64, int16: f64, f32: f64 } =>
        "Arithmetic gives {int8:.0} billion 8-bit multiply-adds a second, {int16:.0} billion 16-bit ones, {f32:.0} billion in f32: this limits how fast prompts are read.",
        "算力：每秒 {int8:.0}×10⁹ 次 8 位乘加，16 位为 {int16:.0}×10⁹ 次，f32 为 {f32:.0}×10⁹ 次；它决定读提示的速度。";
    DoctorModel { model: String, quantization: String } => "The model {model}, weights in {quantization}:", "模型 {model}，权重格式 {quantization}：";
    DoctorNoModel { model: String } =>
        "No model is here yet; to see how fast one runs, first: maque pull {model}", "本机还没有模型；想知道它跑多快，请先：maque pull {model}";
    DoctorPrefill { rate: f64, share: f64 } =>
        "Reading a prompt: {rate:.0} tokens/s, {share:.0} % of the arithmetic there is.", "读提示：{rate:.0} token/秒，用到算力的 {share:.0}%。";
    DoctorDecode { rate: f64, share: f64 } =>
        "Writing an answer: {rate:.1} tokens/s, {share:.0} % of the memory bandwidth there is.", "写回答：{rate:.1} token/秒，用到内存带宽的 {share:.0}%。";
    DoctorFluent => "Answers come faster than people read.", "回答的速度快于人的阅读速度。";
    DoctorSlow => "Answers come slower than people read: close other programs, or take a smaller model.",
        "回答比人的阅读速度慢：请关掉其他程序，或换一个更小的模型。";
    DoctorOthers { share: f64 } =>
        "Other programs took {share:.0} % of the processor meanwhile: without them the figures are higher.",
        "测量期间其他程序占用了 {share:.0}% 的处理器：没有它们，数字会更高。";
    NotReady { why: String } => "not ready: {why}", "未就绪：{why}";
    Bug => "this is a fault of the program; please report what standard error says", "程序自身出错；请把标准错误的内容报告给我们";
    Stopped => "stopped", "已停止";
    Removed { name: String, size: String } => "{name} removed, {size} freed", "已删除 {name}，释放 {size}";
    Verified { name: String } => "{name} is whole", "{name} 完好";
    Verifying { name: String } => "verifying {name}", "校验 {name}";
    Importing { name: String } => "importing {name}", "导入 {name}";
    From { source: String } => "from {source}", "来源：{source}";
}

#[cfg(test)]
mod tests {
    use super::*;

    struct In(Language, Say);

    impl fmt::Display for In {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.1.write(f, self.0)
        }
    }

    #[test]
    fn a_sentence_speaks_both_languages() {
        let say = Say::InputTooLong {
            n_prompt: 9000,
            context: 8192,
        };
        for language in [Language::English, Language::Chinese] {
            let text = In(language, say.clone()).to_string();
            assert!(text.contains("9000") && text.contains("8192"), "{text}");
        }
        assert_ne!(
            In(Language::English, say.clone()).to_string(),
            In(Language::Chinese, say).to_string()
        );
    }
}

//! `--help` in Chinese: every text of the command line, looked up by its English one.

use clap::{Arg, ArgAction, Command};

/// Every text, in English and in Chinese.
const TEXTS: &[(&str, &str)] = &[
    (
        "Small language models on plain CPUs: a chat page, an OpenAI-compatible API, answers in pipes",
        "在普通 CPU 上运行小型语言模型：聊天页面、兼容 OpenAI 的 API、管道里的回答",
    ),
    (
        "Serve the chat page and the API; this is what `maque` alone does, opening the page",
        "提供聊天页面和 API；单独运行 `maque` 就是它，并打开页面",
    ),
    (
        "Ask one question; text on standard input and files are what it is about",
        "问一个问题；标准输入里的文本和文件是所问的内容",
    ),
    (
        "Hold a conversation at the terminal; /help shows its commands",
        "在终端里对话；/help 列出其中的命令",
    ),
    (
        "Fetch a model and print the path of its file; what is here already is not fetched again",
        "获取模型并输出文件路径；已有的不会再取",
    ),
    ("List the models that are here", "列出本机的模型"),
    ("Show one model that is here", "查看本机的一个模型"),
    ("Delete a model that is here", "删除本机的一个模型"),
    (
        "Read a model again and compare its SHA-256",
        "重读模型文件并核对 SHA-256",
    ),
    (
        "Take a GGUF file or Hugging Face folder into the local store, under a name",
        "把 GGUF 文件或 Hugging Face 文件夹以某个名字收入本机",
    ),
    (
        "Measure how fast a model runs on this machine",
        "测量模型在本机上跑多快",
    ),
    (
        "Measure this machine's memory and arithmetic, and what share of them the model reaches",
        "测量本机的内存和算力，以及模型用到了其中多少",
    ),
    (
        "Show each setting and where its value comes from: flag, environment, config.toml or default",
        "列出每项设置及其来源：参数、环境变量、config.toml 或默认值",
    ),
    (
        "Print completions for a shell, to be put where the shell looks for them",
        "输出 shell 的补全脚本，放到该 shell 查找的位置即可",
    ),
    ("The name that they are for", "补全用于哪个名字"),
    (
        "Write manual pages to a folder: man1, and zh_CN/man1 in Chinese",
        "把手册页写到一个文件夹：man1，以及中文的 zh_CN/man1",
    ),
    (
        "The folder, such as /usr/local/share/man",
        "文件夹，例如 /usr/local/share/man",
    ),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    // Batches
    (
        "Ask the same of every row of a csv, xlsx or jsonl file, by a recipe or a prompt; OpenAI's batch files too",
        "对 csv、xlsx 或 jsonl 文件的每一行问同样的问题，用配方或提示语；也处理 OpenAI 的批量文件",
    ),
    (
        "Recipe: a name of --list, or a .toml file",
        "配方：--list 列出的名字，或 .toml 文件",
    ),
    (
        "File of rows; the first row of a csv or xlsx names the columns",
        "数据文件；csv 或 xlsx 的第一行是列名",
    ),
    (
        "File for the answers: csv, xlsx, jsonl or md",
        "结果文件：csv、xlsx、jsonl 或 md",
    ),
    (
        "Prompt instead of a recipe, with {column} for a row's cell",
        "用提示语代替配方，{列名} 代表该行的单元格",
    ),
    ("List the recipes", "列出配方"),
    (
        "Print a recipe, to be changed and used as a file",
        "输出一个配方，可修改后作为文件使用",
    ),
    (
        "Language of the recipe [default: yours]",
        "配方的语言（默认用你的语言）",
    ),
    (
        "Seed: the same one gives the same answers",
        "随机种子：相同则回答相同",
    ),
    (
        "How often a row is asked until it passes the recipe's checks",
        "一行最多问几次，直到通过配方的检查",
    ),
    ("Rows under way at once", "同时处理的行数"),
    (
        "Begin anew, also where part of it is done",
        "重新开始，即使已完成一部分",
    ),
    // Models
    (
        "Model: a name of the catalogue, a GGUF file or a Hugging Face folder",
        "模型：目录里的名字、GGUF 文件或 Hugging Face 文件夹",
    ),
    (
        "Model of the catalogue, as family:size",
        "目录里的模型，写成“系列:大小”",
    ),
    ("Model, as family:size", "模型，写成“系列:大小”"),
    (
        "GGUF file or Hugging Face folder",
        "GGUF 文件或 Hugging Face 文件夹",
    ),
    (
        "Name to give it, as family:size",
        "给它的名字，写成“系列:大小”",
    ),
    (
        "Threads that compute [default: the fastest number, measured at first start]",
        "计算线程数（默认：首次启动时测得最快的数）",
    ),
    (
        "Longest conversation in tokens [default: 8192, or less if the model holds less]",
        "最长对话的 token 数（默认 8192，模型更短则取模型的）",
    ),
    (
        "Weights as stored, widened to f32, or rounded to 8 bits",
        "权重按文件原样（keep）、展开为 f32，或把 F32、F16、BF16 舍入为 8 位（int8：更省内存、更快）",
    ),
    (
        "Read the whole output head for each token, also where the best few of it are enough",
        "每个 token 都读完整的输出层，即使只需其中最好的几个",
    ),
    (
        "Memory for conversations (KV cache), as 512M or 2G [default: 256M]",
        "给对话的内存（KV 缓存），写成 512M 或 2G（默认 256M）",
    ),
    (
        "Guess tokens that repeat the prompt or the answer, and verify several at once; answers are the same [default: auto]",
        "猜测会重复提示或回答的 token，一次验证多个；回答不变（默认 auto）",
    ),
    (
        "List the models that can be pulled instead",
        "改为列出可以获取的模型",
    ),
    // Serving
    ("Open the page in the browser", "在浏览器里打开页面"),
    ("Do not open the browser", "不打开浏览器"),
    (
        "Write a line of JSON for each request to standard error, without its texts",
        "每个请求在标准错误输出一行 JSON，不含文本内容",
    ),
    (
        "Share with the LAN: guests come in with a code or a PIN",
        "在局域网中共享：来客凭邀请码或 PIN 进入",
    ),
    (
        "Let a guest into the server that is shared: prints a QR code, a link and a PIN",
        "邀请他人进入正在共享的服务：输出二维码、链接和 PIN",
    ),
    (
        "How many may use it within its ten minutes",
        "十分钟内可供多少人使用",
    ),
    (
        "For yourself on another device: with everything that an administrator may do",
        "供你自己在其他设备上使用：拥有管理员的全部权限",
    ),
    (
        "Answer from folders of documents, with quotations: add a folder, then ask",
        "根据文件夹里的文档回答并给出原文引用：先添加文件夹，再提问",
    ),
    (
        "Take a folder into the library; what changes in it is read again",
        "把文件夹加入资料库；其中的改动会自动重新读取",
    ),
    (
        "Let a folder go; no file is touched",
        "把文件夹移出资料库；不改动任何文件",
    ),
    ("List the folders of the library", "列出资料库的文件夹"),
    (
        "Show how far the library is, and each file that was skipped",
        "显示资料库的进度和每个被跳过的文件",
    ),
    (
        "Ask the library; the answer quotes its sources",
        "向资料库提问；回答会引用出处",
    ),
    ("Folder on this machine", "本机上的文件夹"),
    (
        "Folder: its path, its name or its id",
        "文件夹：路径、名字或编号",
    ),
    (
        "Read a document of this kind from standard input within limits; the library starts it",
        "在限制之内从标准输入读取一份此类文档；由资料库启动",
    ),
    ("Kind of document", "文档的种类"),
    (
        "Seconds of processor time that it may take",
        "它最多占用的处理器时间（秒）",
    ),
    (
        "Show every limit of the server: what a client may take of it",
        "列出服务的全部限制：客户端可以占用多少",
    ),
    (
        "Address to listen on, exactly this one [default: 127.0.0.1 and ::1]",
        "监听的地址，仅此一个（默认 127.0.0.1 和 ::1）",
    ),
    (
        "Keep what was read of conversations from one server's end to the next one's start, in a private file of MAQUE_HOME",
        "服务结束时把已读过的对话缓存保存到 MAQUE_HOME 下仅自己可读的文件，下次启动时接着用",
    ),
    (
        "Port to listen on [default: 7860, or the next free one]",
        "监听的端口（默认 7860，被占用则取下一个空闲的）",
    ),
    (
        "Key that clients must send (repeatable): the first is the owner's, each other one a person's of its own",
        "客户端必须发送的密钥（可重复）：第一个属于主人，其余每个各属一人",
    ),
    (
        "File with further keys, one a line; lines that begin with # are left out",
        "存放更多密钥的文件，每行一个；以 # 开头的行不算",
    ),
    // Asking
    ("What to ask", "问题"),
    (
        "What to ask, then the files that it is about",
        "问题，后面可跟所问的文件",
    ),
    (
        "File that the question is about (repeatable)",
        "所问的文件（可重复）",
    ),
    (
        "Ask the larger model of config.toml instead: what is asked leaves this machine",
        "改问 config.toml 中更大的模型：所问的内容会离开本机",
    ),
    (
        "Keep the question on this machine, whatever rules are in config.toml",
        "让问题留在本机，不管 config.toml 中有什么规则",
    ),
    (
        "Work through an input that is too long in pieces, and join the answers",
        "输入太长时分段处理，并把回答连起来",
    ),
    (
        "Answer as a persona: one of the page's, or your own where a server is running",
        "以某个角色回答：页面自带的，或服务运行时你自己的",
    ),
    (
        "Keep the whole answer, fences and all",
        "保留完整回答，包括代码围栏",
    ),
    ("Keep the first code block only", "只保留第一个代码块"),
    (
        "Write the answer to a file, which appears when the answer is whole",
        "把回答写入文件；回答完整后文件才出现",
    ),
    ("System prompt", "系统提示"),
    (
        "JSON schema that the answer keeps to",
        "回答须遵守的 JSON schema",
    ),
    (
        "Seed: the same one gives the same answer",
        "随机种子：相同的种子得到相同的回答",
    ),
    (
        "Seed: the same one gives the same answers",
        "随机种子：相同的种子得到相同的回答",
    ),
    ("Tokens to write at most", "最多写多少个 token"),
    (
        "Sampling temperature; 0 always takes the likeliest token",
        "采样温度；0 总取最可能的 token",
    ),
    ("Continue the last conversation", "接着上一次的对话"),
    // Measuring
    (
        "Tokens of the prompt that is read (0: none)",
        "要读的提示有多少个 token（0 表示不读）",
    ),
    (
        "Tokens that are written (0: none)",
        "要写多少个 token（0 表示不写）",
    ),
    (
        "Tokens of context before the first one written",
        "开始写之前上下文里已有的 token 数",
    ),
    (
        "Conversations written at once, each after its own prompt",
        "同时写的对话数，各有自己的提示",
    ),
    (
        "Measure this often and show the median",
        "重复测量的次数，显示中位数",
    ),
    ("One JSON object a line", "每行一个 JSON 对象"),
    ("One JSON object", "一个 JSON 对象"),
    ("The shell", "哪种 shell"),
];

/// The command with its whole help in Chinese.
pub(crate) fn in_chinese(command: Command) -> Command {
    let flag = |id: &'static str, short, action| {
        let flag = Arg::new(id).long(id).short(short).action(action);
        flag.help(match id {
            "help" => "Print help",
            _ => "Print version",
        })
    };
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let has_version = command.get_version().is_some();
    let mut command = command
        .about(chinese(&about))
        .help_template("{about}\n\n用法：{usage}\n\n{all-args}")
        .subcommand_help_heading("命令")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(flag("help", 'h', ArgAction::Help));
    if has_version {
        command = command.arg(flag("version", 'V', ArgAction::Version));
    }
    command.mut_args(argument).mut_subcommands(in_chinese)
}

/// An argument with its help in Chinese, its values and default among it.
fn argument(argument: Arg) -> Arg {
    let mut help = argument
        .get_help()
        .map(|text| chinese(&text.to_string()))
        .unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    let names = |argument: &Arg| {
        let values = argument.get_possible_values();
        let names: Vec<String> = values
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        names.join("、")
    };
    match names(&argument) {
        names if takes_value && !names.is_empty() => help.push_str(&format!("（可选：{names}）")),
        _ => {}
    }
    if let Some(default) = argument
        .get_default_values()
        .first()
        .filter(|_| takes_value)
    {
        help.push_str(&format!("（默认 {}）", default.to_string_lossy()));
    }
    let heading = match argument.is_positional() {
        true => "参数",
        false => "选项",
    };
    argument
        .help(help)
        .help_heading(heading)
        .hide_possible_values(true)
        .hide_default_value(true)
}

/// A text in Chinese; one that was forgotten stays in English.
fn chinese(text: &str) -> String {
    let known = TEXTS.iter().find(|(english, _)| *english == text);
    known.map_or(text, |(_, chinese)| chinese).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::CommandFactory;

    /// Every text of a command and of those below it.
    fn texts(command: &Command) -> Vec<String> {
        let about = command.get_about().map(ToString::to_string);
        let helps = command
            .get_arguments()
            .filter_map(|argument| argument.get_help());
        let own = about.into_iter().chain(helps.map(ToString::to_string));
        own.chain(command.get_subcommands().flat_map(texts))
            .collect()
    }

    #[test]
    fn every_text_exists_in_chinese() {
        let command = Arguments::command();
        for text in texts(&command) {
            assert_ne!(chinese(&text), text, "help.rs lacks this text");
        }
        for text in texts(&in_chinese(command)) {
            assert!(text.contains(|letter| '一' <= letter), "{text}");
        }
    }

    #[test]
    fn the_whole_help_speaks_chinese() {
        let help = in_chinese(Arguments::command())
            .render_long_help()
            .to_string();
        assert!(help.contains("命令:") && help.contains("选项:"), "{help}");
        assert!(
            !help.contains("Options") && !help.contains("Usage"),
            "{help}"
        );
    }
}

"""Makes the handbook's Word, Excel and PDF files (committed beside) from the texts below.

    pip install python-docx openpyxl; python3 tests/library/office.py   # PDF needs chromium
"""

import html
import pathlib
import subprocess
import tempfile

import docx
import openpyxl

HANDBOOK = pathlib.Path(__file__).parent / "handbook"

# "#" heading, "##" heading below, "|" row of a table, other lines paragraphs.
TEXTS = {
    "财务/借款与付款流程.docx": """# 借款与付款流程
## 备用金
因公备用金单笔不超过 5000 元，须在 OA 填写《借款单》，注明预计归还日，最长 60 天。前账未清，后账不借。
## 对外付款
| 金额 | 审批人 | 到账时间 |
| 1 万元以下 | 部门负责人 | 2 个工作日 |
| 1 万至 10 万元 | 部门负责人、财务总监 | 3 个工作日 |
| 10 万元以上 | 财务总监、总经理 | 5 个工作日 |
付款申请须附合同、验收单和发票。预付款不超过合同金额的 30%。
## 供应商准入
新供应商须提供营业执照、开户许可证和近一年的完税证明，由采购部在五个工作日内完成资质审查，列入合格名录后才能付款。
## 紧急付款
当天必须付出的款项，在 15:00 之前由财务总监电话确认，次日补齐单据。
""",
    "IT/OA系统使用手册.docx": """# OA 系统使用手册
## 登录
地址 http://oa.maque.lan，首次登录用工号和身份证后六位，登录后必须修改口令。
## 密码要求
密码不少于 10 位，包含大小写字母、数字和符号，每 90 天更换一次，不能与最近五次相同。
## 账号锁定
连续输错 6 次，账号锁定 20 分钟；急需解锁的拨打 IT 服务台 8008。
## 密码重置
在登录页点击“忘记密码”，输入工号和绑定的手机号，收到验证码后设置新密码。手机号已更换的，本人持工牌到 1 号楼 103 办理。
## 待办与委托
外出期间可在“个人设置—工作委托”中把审批委托给同级同事，最长 15 天，委托期内双方都能看到单据。
## 手机端
在企业微信工作台打开“移动 OA”，可以审批和查看公告，不能下载附件。
## 撤回
流程在下一节点未处理前，发起人可点“撤回”。已办结的流程不能撤回，只能发起作废申请。
""",
    "人事/考勤与休假.docx": """# 考勤与休假制度
## 工作时间
实行弹性工时：上午 8:30 至 10:00 之间到岗，每天满 8 小时，午休一小时不计入。
## 打卡
上下班在企业微信打卡。每月可补卡 3 次，超过的按事假处理。
## 迟到
超过 10:00 到岗记为一次迟到，每月前两次免责，第三次起每次扣 50 元；超过 12:00 到岗按旷工半天计。
## 年休假
| 司龄 | 天数 |
| 满 1 年不满 10 年 | 7 天 |
| 满 10 年不满 20 年 | 12 天 |
| 满 20 年 | 15 天 |
当年未休的可顺延至次年 3 月 31 日，过期作废。
## 病假
病假须提供二级以上医院的诊断证明。病假期间按基本工资的 70% 发放，全年累计不超过 30 天。
## 婚假与产假
婚假 13 天，领证后一年内休完。产假 158 天，男方护理假 15 天。
## 加班与调休
工作日加班须事先申请，按 1.5 倍工资计算；周末加班优先安排调休，三个月内有效。法定节假日加班按三倍工资支付。
""",
    "安全/实验室安全.docx": """# 实验室安全规定
## 准入
进入实验室须完成 4 学时的安全课程并通过考试，成绩一年有效。
## 防护
必须穿实验服和封闭鞋，佩戴护目镜；长发束起，不得佩戴隐形眼镜操作挥发性试剂。
## 化学品
易燃试剂存放在防爆柜，单间存量不超过 20 升。废液按酸、碱、有机分类倒入专用桶，每周四由有资质的单位收走。
## 激光与高压
三级以上激光设备启动前须亮起门外警示灯。高压测试须两人在场，一人操作一人监护。
## 锂电池
充电时人员不得离开，电芯温度超过 60 摄氏度立即断电并移入沙箱。鼓包电池贴红色标签，放入一楼防火箱。
## 受伤处理
试剂溅入眼睛，立即用洗眼器冲洗 15 分钟再就医。烫伤用流动冷水冲 20 分钟。急救箱在每层茶水间。
""",
    "handbook/Expense policy.docx": """# Expense policy
## Claims
Submit expenses in Spendly within 45 days of the purchase. Claims above 75 EUR need an itemised receipt; below that a card statement is enough.
## Travel
Book trains in second class and flights in economy through TravelPerk. Business class is allowed on flights longer than eight hours with director approval.
## Hotels
| City | Limit per night |
| London, Zurich | 190 EUR |
| Berlin, Singapore | 150 EUR |
| Elsewhere | 120 EUR |
## Meals
The daily allowance is 48 EUR for a full day away and 24 EUR for departure and return days. Alcohol is never reimbursed.
## Entertaining clients
Up to 60 EUR per person including staff; name the guests and the purpose. Gifts to clients may not exceed 35 EUR.
## Payment
Approved claims are paid with the next payroll on the 25th. Urgent amounts over 500 EUR can be advanced within three working days.
## Mileage
Private cars are compensated at 0.30 EUR per kilometre; fuel receipts are not accepted in addition.
""",
}

PDFS = {
    "IT/信息安全守则.pdf": """# 信息安全守则
## 一、资料分级
资料分为公开、内部、秘密、机密四级。秘密以上的文件必须加密传输，不得发送到私人邮箱或网盘。
## 二、电脑使用
离开座位必须锁屏（Win+L）。系统补丁发布后七天内安装完毕。禁止使用来历不明的 U 盘；公司 U 盘到 IT 服务台领取，全盘加密。
## 三、可疑邮件
收到可疑邮件不要点击链接和附件，使用邮件客户端的“举报”按钮，或转发到 sec@maque-tech.cn。安全部门两小时内回复。
## 四、泄露与丢失
笔记本或手机丢失须在 2 小时内拨打安全热线 6119 转 2，由 IT 远程擦除数据。隐瞒不报的给予记过处分。
%%
## 五、人工智能工具
不得把源代码、客户名单和未公开财务数据粘贴到外部聊天工具。公司内部部署的麻雀助手可以使用。
## 六、外来人员
供应商的电脑只能接入访客网络。维修服务器的人员须由机房管理员全程陪同并登记。
## 七、处罚
首次违反给予书面警告；造成损失的赔偿直接损失的 10% 至 30%；涉嫌犯罪的移交公安机关。
""",
    "人事/绩效与晋升.pdf": """# 绩效与晋升
## 一、周期
绩效每半年评定一次，1 月和 7 月完成。评定等级为 S、A、B、C 四档，S 不超过 10%。
## 二、年终奖
年终奖以 13 薪为基数，S 为 2.0 倍，A 为 1.4 倍，B 为 1.0 倍，C 不发放，于次年 2 月发放。
## 三、申诉
对结果有异议的，在公布后 7 天内向人力资源部提交书面申诉，评审委员会 10 个工作日内答复。
%%
## 四、晋升
每年 3 月和 9 月开放晋升。申请人须在现职级满 18 个月，且最近两次绩效不低于 B。答辩由三位高两级的评委打分，平均 75 分通过。
## 五、绩效改进
连续两次为 C 的，进入为期 90 天的绩效改进计划；仍不达标的，调岗或协商解除劳动合同。
""",
    "安全/安全培训.pdf": """# 安全培训手册
## 一、培训安排
新员工三级安全教育共 24 学时：公司级 8 学时、部门级 8 学时、班组级 8 学时，考试 80 分合格，不合格可补考一次。
## 二、在岗复训
在岗员工每年复训 8 学时。特种作业人员须持证上岗，证书每三年复审。
## 三、劳保用品
车间人员每月发放手套 4 副、口罩 10 只；安全帽使用满 30 个月更换，受过撞击的立即报废。
%%
## 四、事故报告
发生工伤，现场人员立即报告班组长，班组长一小时内报安全部，安全部 24 小时内向人社部门备案。隐瞒事故的撤销评优资格。
## 五、危险作业
动火、登高、受限空间作业须办理作业票，有效期 8 小时。登高两米以上必须系安全带，高挂低用。
## 六、隐患举报
任何人发现隐患可拍照上传“安全随手拍”，经核实奖励 50 至 500 元。
""",
    "handbook/Code of conduct.pdf": """# Code of conduct
## 1. Respect
Harassment, bullying and discrimination are not tolerated. Speak to your manager, to HR, or to the ombudsperson Ms Keller (ombud@maque.example). Retaliation against anyone who reports in good faith leads to dismissal.
## 2. Gifts
Employees may accept gifts worth up to 50 EUR a year from one business partner. Cash and vouchers are always declined. Enter everything above 20 EUR in the gift register.
## 3. Conflicts of interest
Second jobs need written consent from HR. Holdings above 5 % in a competitor or supplier are declared every January.
%%
## 4. Social media
Say that opinions are your own. Unreleased products, customer names and financial figures are never posted. Press enquiries go to press@maque.example.
## 5. Dress
Business casual on normal days; safety shoes in the workshop. Customers' dress codes apply on their premises.
## 6. Whistleblowing
Reports can be made anonymously at speakup.maque.example. They are acknowledged within seven days and answered within three months.
""",
}

SHEETS = {
    "IT/软件清单.xlsx": {
        "办公软件": [
            ["软件", "版本", "授权方式", "申请方式"],
            ["WPS 365", "2026 春季版", "全员授权", "软件中心自助安装"],
            ["Photoshop", "2026", "20 个浮动许可", "部门总监批准，IT 服务台分配"],
            ["AutoCAD", "2025", "结构组 8 个固定许可", "填写《软件申请表》"],
            ["Xmind", "免费版", "全员", "软件中心自助安装"],
        ],
        "开发工具": [
            ["软件", "版本", "授权方式", "申请方式"],
            ["IntelliJ IDEA", "2026.2", "40 个年度许可", "研发助理统一登记"],
            ["MATLAB", "R2026a", "5 个浮动许可，排队使用", "算法组组长批准"],
            ["Docker Desktop", "禁止安装", "改用 Podman", "无"],
        ],
    },
    "人事/福利手册.xlsx": {
        "福利": [
            ["项目", "标准", "领取方式"],
            ["节日礼金", "春节 1000 元，端午、中秋各 500 元", "随当月工资发放"],
            ["生日", "200 元蛋糕券", "生日当周由行政发放"],
            ["结婚", "贺礼 888 元", "凭结婚证复印件到人力资源部登记"],
            ["补充医疗", "门诊每年报销上限 5000 元，免赔额 300 元", "保险公司小程序上传单据"],
            ["健身", "每月 150 元健身房补助", "季度末凭收据在 OA 申请"],
            ["子女教育", "考上大学一次性奖励 2000 元", "凭录取通知书办理"],
            ["团建", "每人每季度 180 元", "部门自行组织，财务凭票报销"],
            ["住房补贴", "应届毕业生前两年每月 1200 元", "入职时签署协议"],
        ]
    },
    "行政/食堂与班车.xlsx": {
        "食堂": [
            ["餐别", "时间", "价格", "说明"],
            ["早餐", "7:30—8:50", "5 元", "刷工牌，限当天"],
            ["午餐", "11:30—13:00", "12 元", "12:10 前请错峰，优先一线员工"],
            ["晚餐", "17:40—19:00", "10 元", "加班满两小时凭单免费"],
            ["清真窗口", "同午餐", "12 元", "二楼东侧"],
        ],
        "班车": [
            ["线路", "发车", "途经", "回程"],
            ["一号线", "7:20 武林广场", "黄龙、西兴", "18:10"],
            ["二号线", "7:10 临平", "下沙、九堡", "18:10"],
            ["三号线", "7:00 萧山机场", "钱江世纪城", "19:30"],
        ],
    },
    "handbook/Office FAQ.xlsx": {
        "FAQ": [
            ["Question", "Answer", "Owner"],
            ["How do I connect to the Wi-Fi?", "Choose Sparrow-Staff and sign in with your company account; visitors use Sparrow-Guest with the code shown at reception.", "IT"],
            ["When is payday?", "Salaries arrive on the 25th of each month, or on the last working day before it.", "Finance"],
            ["Who do I call in an emergency?", "Dial 112 first, then the building desk on extension 4000.", "Facilities"],
            ["How do I get a company credit card?", "Ask your director; cards are issued from grade 6 upwards and arrive within ten working days.", "Finance"],
            ["Where do I park my bicycle?", "In the rack behind Building 2; the gate opens with your badge.", "Facilities"],
            ["How do I order business cards?", "Use the print shop form on the intranet; 200 cards are ready in four days.", "Marketing"],
        ]
    },
}


def word(path, text):
    document, table = docx.Document(), None
    for line in text.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if table is None:
                table = document.add_table(rows=0, cols=len(cells))
            for cell, value in zip(table.add_row().cells, cells):
                cell.text = value
            continue
        table = None
        hashes = len(line) - len(line.lstrip("#"))
        if hashes:
            document.add_heading(line.lstrip("# "), level=hashes)
        elif line:
            document.add_paragraph(line)
    document.save(path)


def sheets(path, book):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in book.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)


def pdf(path, text):
    body = []
    for line in text.splitlines():
        hashes = len(line) - len(line.lstrip("#"))
        tag = f"h{hashes}" if hashes else "p"
        body.append('<div style="break-after:page"></div>' if line == "%%" else f"<{tag}>{html.escape(line.lstrip('# '))}</{tag}>")
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "page.html"
        page.write_text("<meta charset=utf-8>" + "".join(body), encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/p"]
        command = ["chromium", *flags, f"--print-to-pdf={path}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)


for name, text in TEXTS.items():
    word(HANDBOOK / name, text)
for name, book in SHEETS.items():
    sheets(HANDBOOK / name, book)
for name, text in PDFS.items():
    pdf(HANDBOOK / name, text)

"""Chinese terms of anatomy, imaging and findings, with the English ones that `overlap` and SLAKE's families know."""

from __future__ import annotations

TERMS: dict[str, str] = {
    # organs
    "肺": "lung", "肺部": "lung", "肺脏": "lung", "双肺": "both lung", "心脏": "heart", "心": "heart",
    "肝": "liver", "肝脏": "liver", "脾": "spleen", "脾脏": "spleen", "肾": "kidney", "肾脏": "kidney",
    "胃": "stomach", "大肠": "large bowel", "小肠": "small bowel", "肠": "intestine", "肠道": "intestine",
    "结肠": "colon", "直肠": "rectum", "十二指肠": "duodenum", "膀胱": "bladder", "食管": "esophagus",
    "食道": "esophagus", "气管": "trachea", "喉": "larynx", "喉部": "larynx", "支气管": "bronchus",
    "肺支气管": "pulmonary bronchus", "脊髓": "spinal cord", "脊椎": "spine", "脊柱": "spine",
    "脑": "brain", "大脑": "brain", "脑部": "brain", "脑干": "brain stem", "小脑": "cerebellum",
    "颞叶": "temporal lobe", "额叶": "frontal lobe", "顶叶": "parietal lobe", "枕叶": "occipital lobe",
    "丘脑": "thalamus", "脑室": "ventricle", "基底节": "basal ganglia", "腮腺": "parotid",
    "下颌骨": "mandible", "下颚": "mandible", "牙齿": "tooth", "牙": "tooth", "眼": "eye", "眼睛": "eye",
    "视觉器官": "eye", "耳": "ear", "耳朵": "ear", "股骨头": "femoral head", "肋骨": "rib", "乳腺": "breast",
    "乳房": "breast", "主动脉": "aorta", "纵隔": "mediastinum", "胰腺": "pancreas", "胰": "pancreas",
    "胆囊": "gallbladder", "子宫": "uterus", "卵巢": "ovary", "前列腺": "prostate", "甲状腺": "thyroid",
    "皮肤": "skin", "肌肉": "muscle", "横膈": "diaphragm", "膈肌": "diaphragm", "胸膜": "pleura",
    # parts of the body
    "头": "head", "头部": "head", "颈": "neck", "颈部": "neck", "胸": "chest", "胸部": "chest",
    "胸腔": "chest", "腹": "abdomen", "腹部": "abdomen", "腹腔": "abdomen", "盆腔": "pelvic cavity",
    "骨盆": "pelvic cavity", "躯干": "body",
    # places
    "左": "left", "左侧": "left", "左边": "left", "右": "right", "右侧": "right", "右边": "right",
    "双侧": "both side", "两侧": "both side", "上": "top", "上部": "top", "上方": "above", "上侧": "top",
    "顶部": "top", "下": "bottom", "下部": "bottom", "下方": "under", "下侧": "bottom", "底部": "bottom",
    "中心": "center", "中部": "center", "中间": "center", "中央": "center", "中": "center",
    "叶": "lobe", "半球": "hemisphere", "角": "", "侧": "", "部": "", "的": "", "一": "",
    # how images are made
    "ct": "ct", "mri": "mri", "核磁共振": "mri", "磁共振": "mri", "核磁": "mri", "磁共振成像": "mri",
    "x光": "x-ray", "x射线": "x-ray", "x线": "x-ray", "x-ray": "x-ray", "x光片": "x-ray", "超声": "ultrasound",
    "t1": "t1", "t2": "t2", "flair": "flair", "dwi": "dwi", "加权": "", "内窥镜": "endoscopy", "病理": "pathology",
    "横断面": "axial", "横断位": "axial", "轴位": "axial", "横轴面": "axial", "冠状面": "coronal",
    "冠状位": "coronal", "矢状面": "sagittal", "矢状位": "sagittal",
    # findings
    "癌": "cancer", "肝癌": "liver cancer", "肺癌": "lung cancer", "肾癌": "kidney cancer", "肿瘤": "tumor",
    "瘤": "tumor", "脑瘤": "brain tumor", "脑肿瘤": "brain tumor", "脑水肿": "brain edema", "水肿": "edema",
    "增强型脑肿瘤": "brain enhancing tumor", "增强型脑瘤": "brain enhancing tumor",
    "非增强型脑肿瘤": "brain non-enhancing tumor", "非增强型脑瘤": "brain non-enhancing tumor",
    "心脏肥大": "cardiomegaly", "心影增大": "cardiomegaly", "心脏扩大": "cardiomegaly",
    "结节": "nodule", "肺结节": "pulmonary nodule", "肿块": "mass", "肺肿块": "pulmonary mass",
    "肺不张": "atelectasis", "浸润": "infiltration", "肺浸润": "infiltration", "积液": "effusion",
    "胸腔积液": "effusion", "气胸": "pneumothorax", "肺炎": "pneumonia", "脑积水": "hydrocephalus",
    "肺结核": "tuberculosis", "骨折": "fracture", "出血": "hemorrhage", "梗死": "infarct", "梗塞": "infarct",
    "囊肿": "cyst", "肺气肿": "emphysema", "钙化": "calcification", "转移": "metastasis", "脓肿": "abscess",
    "实变": "consolidation", "病变": "lesion", "异常": "abnormality", "胆结石": "gallstone",
    "良性": "benign", "恶性": "malignant",
    # colours and densities
    "黑色": "black", "白色": "white", "灰色": "gray", "深灰色": "dark gray", "浅灰色": "light gray",
    "高密度": "hyperdense", "低密度": "hypodense",
    # how much
    "较少": "less", "较多": "more", "无": "none", "没有": "none", "不存在": "none",
    # what organs do
    "呼吸": "breathe", "推动血液流动": "promote blood flow", "生物转化": "biotransformation", "解毒": "detoxification",
    "吸收营养": "absorb nutrients", "吸收养分": "absorb nutrients", "分泌酶": "secrete enzymes",
    "消化食物": "digest food", "吸收水分": "absorb water", "排泄机体废物质": "excrete body waste",
    "排出废物": "excrete waste", "储存粪便": "store feces", "排泄粪便": "excrete feces", "储存尿液": "store urine",
    "提高机体免疫力": "improve the body's immunity", "控制心跳": "control heartbeat",
    "控制心跳和呼吸": "control heartbeat", "参与听觉、言语和记忆": "participate in hearing",
    "通气": "ventilation", "发音": "pronunciation", "运送气体": "gas delivery", "感知光线": "perceive light",
    "食物运送": "food delivery", "运送食物": "food delivery", "调节水及渗透压平衡": "water balance",
    "切咬": "cutting", "咀嚼": "chewing", "保持面部外形和辅助发音": "facial contour",
    "呼吸系统": "respiratory system", "消化系统": "digestive system", "神经系统": "nervous system",
    "循环系统": "circulatory system", "泌尿系统": "urinary system", "淋巴系统": "lymphatic system",
}  # fmt: skip
"""English term of each Chinese term; an empty one says nothing by itself, as `部` in `左上部`. The longest term that
fits is taken."""

STILL = ("图中", "图片中", "图像中", "图片", "图像", "照片", "器官", "病人", "患者", "身体")
"""Words of questions that are left out before terms are looked for: they hold a character that would be a term by
itself."""

import os,sys
before=set(sys.modules)
def read(n,b=b''):
    while len(b)<n:
        c=os.read(0,n-len(b))
        if not c: os._exit(0)
        b+=c
    return b
hello=read(int(read(8)))
import json,types
hello=json.loads(hello)
hello['names']=['_dbatch_job','_dbatch_preload','_dbatch_zygote']
for name in hello['names']:
    m=sys.modules[name]=types.ModuleType(name)
    exec(compile(hello[name],'<dbatch '+name[8:]+'>','exec'),m.__dict__)
sys.modules['_dbatch_zygote'].main(hello,before)

class TrainingPage:
    def __init__(self,*a): pass
    def add_images(self,*a): pass
    def write(self,*a): pass
